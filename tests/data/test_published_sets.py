"""Data sets by name: found under any name, packed or not; copied, downloaded; and what is the user's stays as it is."""

import gzip
import hashlib
import os
import shutil
import socket
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from torchvision import datasets

from normstudy.data import published
from normstudy.data.available import ensure, is_present, resolve_dataset
from normstudy.data.loading import load
from normstudy.data.published import FILES, IDX, Published
from normstudy.errors import DataError
from normstudy.paths import cache_folder


@pytest.fixture
def serve(monkeypatch):
    """A function: the address of a server that serves a folder, its last file with `send(handler)` if that is given."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    servers = []

    def start(folder: Path, send=None) -> str:
        class Handler(SimpleHTTPRequestHandler):
            def do_GET(self):
                send(self) if send and self.path.endswith(IDX[-1]) else super().do_GET()

            def log_message(self, *arguments):
                pass

        servers.append(ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(folder))))
        threading.Thread(target=servers[-1].serve_forever, args=(0.01,), daemon=True).start()
        return f"http://127.0.0.1:{servers[-1].server_address[1]}/"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture
def refusing(monkeypatch) -> str:
    """An address where nothing listens."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with socket.create_server(("127.0.0.1", 0)) as server:
        return f"http://127.0.0.1:{server.getsockname()[1]}/"


@pytest.fixture
def mirrors(archives, monkeypatch):
    """A function that sets the known addresses of MNIST."""
    return lambda *addresses: monkeypatch.setitem(FILES, "mnist", FILES["mnist"]._replace(mirrors=addresses))


def contents(folder: Path) -> dict[str, bytes | str]:
    """Everything below `folder`, by its place: what is in files, and where links lead."""
    return {
        str(path.relative_to(folder)): os.readlink(path) if path.is_symlink() else path.read_bytes()
        for path in folder.rglob("*")
        if path.is_symlink() or path.is_file()
    }


def assert_available() -> None:
    assert resolve_dataset("auto") == ("mnist", "")
    assert is_present("mnist")
    data = load("mnist")
    assert (data.train.images == 0).all()
    assert (data.evaluation.images == 2).all()
    assert (data.train.labels.tolist(), data.evaluation.labels.tolist()) == ([1] * 5, [3] * 5)


def refusal(dataset: str = "auto") -> str:
    """The line with which a data set is refused, for which no other may stand in."""
    with pytest.raises(DataError) as caught:
        resolve_dataset(dataset)
    (line,) = str(caught.value).splitlines()
    return line


def dotted(folder: Path) -> None:
    for path in list(folder.iterdir()):
        path.rename(path.with_name(path.name.replace("-idx", ".idx")))


def unpacked(folder: Path) -> None:
    for path in list(folder.iterdir()):
        path.with_suffix("").write_bytes(gzip.decompress(path.read_bytes()))
        path.unlink()


def packed_anew(folder: Path) -> None:
    for path in folder.iterdir():
        path.write_bytes(gzip.compress(gzip.decompress(path.read_bytes()), 1, mtime=7))


@pytest.mark.fault("MNIST packed, unpacked, under other names, in folders as torchvision or people make them", "used")
@pytest.mark.parametrize(
    ("place", "changes"),
    [("", []), ("mnist", [dotted]), ("MNIST/raw", [unpacked]), ("MNIST", [unpacked, dotted]), ("raw", [packed_anew])],
)
@pytest.mark.parametrize("root", ["data", "named"])
def test_files_are_known_by_what_they_hold(archives, data_folder, tmp_path, monkeypatch, root, changes, place):
    folder = shutil.copytree(archives, tmp_path / root / place)
    for change in changes:
        change(folder)
    (folder / "notes.txt").write_text("the user's")
    if root == "named":
        monkeypatch.setenv("NORMSTUDY_DATA", str(tmp_path / root))
    before = contents(tmp_path / root)
    assert_available()
    assert contents(tmp_path / root) == before
    if root == "named":  # copied once: the next call needs no variable
        monkeypatch.delenv("NORMSTUDY_DATA")
        assert_available()


@pytest.mark.parametrize("written", ["{folder}", "file://{folder}", " {folder}/ ", "~/{folder.name}", "{folder.name}"])
def test_a_folder_may_be_named_in_many_ways(archives, tmp_path, monkeypatch, written):
    folder = archives.rename(tmp_path / "my dätä 50% #1")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(published, "project_root", lambda: tmp_path)
    monkeypatch.setenv("NORMSTUDY_DATA", written.format(folder=folder))
    assert_available()


@pytest.mark.fault(
    "NORMSTUDY_DATA names a folder that is not there, a file, one without the files, or with damaged ones",
    "refused in one line; no digits in the place of MNIST",
)
@pytest.mark.parametrize(
    ("named", "message"),
    [
        ("{where}/nowhere", "NORMSTUDY_DATA={where}/nowhere: no such folder; name a folder with mnist, a web address,"),
        ("{where}/file", "NORMSTUDY_DATA={where}/file: no such folder"),
        ("~nobody-of-this-name/mnist", "no such folder"),
        ("s3://bucket/mnist", "NORMSTUDY_DATA=s3://bucket/mnist: no such folder"),
        ("{where}/empty", "mnist: no train-images-idx3-ubyte.gz in {where}/empty; NORMSTUDY_DATA has to name a folder"),
        ("{where}/partial", "mnist: no t10k-labels-idx1-ubyte.gz in {where}/partial; NORMSTUDY_DATA"),
        ("{where}/cut", "{where}/cut/t10k-labels-idx1-ubyte.gz is another file or damaged (checksum differs)"),
        ("{where}/flipped", "{where}/flipped/t10k-labels-idx1-ubyte.gz is another file or damaged"),
        ("{where}/zero", "{where}/zero/t10k-labels-idx1-ubyte.gz is another file or damaged"),
    ],
)
def test_a_named_folder_without_the_files_is_refused(archives, data_folder, tmp_path, monkeypatch, named, message):
    (tmp_path / "file").write_text("")
    (tmp_path / "empty").mkdir()
    whole = (archives / IDX[-1]).read_bytes()
    damaged = {"partial": None, "cut": whole[:-3], "flipped": bytes([*whole[:-9], 1, *whole[-8:]]), "zero": b""}
    for name, content in damaged.items():
        path = shutil.copytree(archives, tmp_path / name) / IDX[-1]
        path.unlink() if content is None else path.write_bytes(content)
    monkeypatch.setenv("NORMSTUDY_DATA", named.format(where=tmp_path))
    assert message.format(where=tmp_path) in refusal()
    assert IDX[-1] not in str(contents(data_folder))


def test_none_means_digits_and_no_downloads(archives, data_folder, monkeypatch):
    monkeypatch.setenv("NORMSTUDY_DATA", "none")
    assert resolve_dataset("auto") == ("digits", "NORMSTUDY_DATA=none asks for no MNIST")
    assert refusal("mnist").endswith(f"not in {data_folder}, NORMSTUDY_DATA=none forbids to download it")
    shutil.copytree(archives, data_folder)
    assert resolve_dataset("mnist") == ("mnist", "")
    assert resolve_dataset("auto")[0] == "digits"


def test_a_mirror_may_be_named(archives, data_folder, monkeypatch, serve):
    monkeypatch.setenv("NORMSTUDY_DATA", serve(archives).rstrip("/"))
    assert_available()
    assert contents(data_folder) == {f"MNIST/raw/{name}": (archives / name).read_bytes() for name in IDX}


def send_login_page(handler) -> None:
    page = b"\n <!DOCTYPE html><html><title>Please log in</title></html>"
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(page)))
    handler.end_headers()
    handler.wfile.write(page)


def send_half(handler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(bytes(500))


@pytest.mark.fault(
    "mirror that refuses, is silent, sends a login page, half a file, 404, 500",
    "named; no file appears; the next is asked; without one digits, with the reason",
)
@pytest.mark.parametrize(
    ("send", "expected"),
    [
        (send_login_page, "the checksum of what came differs (a login page is a common cause)"),
        (send_half, "IncompleteRead"),
        (lambda handler: threading.Event().wait(3), "timed out"),
        (lambda handler: handler.send_error(404), "Not Found"),
        (lambda handler: handler.send_error(500), "Internal Server Error"),
        (None, "refused"),
    ],
    ids=["login page", "half", "silent", "404", "500", "refusing"],
)
def test_whatever_a_mirror_does_is_named_and_the_next_is_asked(
    archives, data_folder, monkeypatch, serve, mirrors, refusing, send, expected
):
    monkeypatch.setattr(published, "PATIENCE", 0.5)
    address = serve(archives, send) if send else refusing
    mirrors(address)
    dataset, reason = resolve_dataset("auto")
    assert dataset == "digits"
    assert reason.startswith("mnist: cannot be downloaded (")
    assert f"{address}{IDX[-1] if send else IDX[0]}: " in reason
    assert expected in reason
    assert f"set NORMSTUDY_DATA to a folder with {IDX[0]}" in reason
    assert "\n" not in reason
    assert IDX[-1] not in str(contents(data_folder))
    assert refusal("mnist") == reason  # asked for by name, nothing stands in for it
    mirrors(address, serve(archives))
    assert_available()


@pytest.mark.fault("download killed between two files", "continued; nothing incomplete is taken for a file")
def test_what_a_killed_download_left_is_completed(archives, data_folder, monkeypatch, serve):
    monkeypatch.setenv("NORMSTUDY_DATA", serve(archives))
    replace, moved = os.replace, []

    def killed(*paths):
        moved.append(paths)
        if len(moved) == 3:
            raise KeyboardInterrupt
        replace(*paths)

    monkeypatch.setattr(os, "replace", killed)
    with pytest.raises(KeyboardInterrupt):
        ensure("mnist")
    assert not is_present("mnist")
    assert set(contents(data_folder)) == {f"MNIST/raw/{name}" for name in IDX[:2]}
    assert_available()
    assert len(moved) == 5  # what had come was not downloaded again


@pytest.mark.fault("a user's own files in data/, right, damaged or others", "stay byte by byte; named if in the way")
@pytest.mark.parametrize("put", [lambda path: path.write_bytes(b"half"), Path.mkdir, lambda path: path.symlink_to("x")])
def test_what_is_in_the_way_is_named_and_stays(archives, data_folder, monkeypatch, mirrors, refusing, put):
    raw = data_folder / "MNIST/raw"
    raw.mkdir(parents=True)
    put(raw / IDX[3])
    (raw / IDX[2].removesuffix(".gz")).write_bytes(b"not unpacked to the end")
    before = contents(data_folder)
    monkeypatch.setenv("NORMSTUDY_DATA", str(archives))
    assert f"{raw / IDX[3]}: another file or damaged (checksum differs); remove it" in refusal()
    assert {name: contents(data_folder)[name] for name in before} == before
    monkeypatch.delenv("NORMSTUDY_DATA")
    if (raw / IDX[3]).is_file():  # no digits in the place of a damaged MNIST
        mirrors(refusing)
        assert f"{raw / IDX[3]} is another file or damaged (checksum differs): replace it" in refusal()
    (raw / IDX[3]).rename(raw / "away")
    monkeypatch.setenv("NORMSTUDY_DATA", str(archives))
    assert_available()


@pytest.mark.fault("data/ is shared and read-only, with or without the files", "used; else they are in the cache")
@pytest.mark.parametrize("has_files", [True, False])
def test_a_shared_read_only_folder_is_used_where_it_is(archives, disk, data_folder, tmp_path, monkeypatch, has_files):
    if has_files:
        shutil.copytree(archives, disk.path / "MNIST/raw")
    else:
        monkeypatch.setenv("NORMSTUDY_DATA", str(archives))
    disk.make_read_only()
    data_folder.symlink_to(disk.path)
    assert_available()
    assert any((tmp_path / "cache/normstudy").rglob("*.gz")) != has_files


@pytest.mark.fault("neither data/ nor the cache can be written, or both are full", "named in one line")
def test_where_no_disk_takes_the_files_it_is_reported(archives, disk, data_folder, monkeypatch):
    data_folder.symlink_to(disk.path / "data")
    (disk.path / "data").mkdir()
    (disk.path / "cache/normstudy").mkdir(parents=True)
    monkeypatch.setenv("XDG_CACHE_HOME", str(disk.path / "cache"))
    monkeypatch.setenv("NORMSTUDY_DATA", str(archives))
    disk.leave(0)
    assert "No space left on device; make room there and make it writable" in refusal()
    disk.make_room()
    disk.make_read_only()
    assert "Read-only file system; make room there" in refusal()
    assert not contents(disk.path / "data")


def test_a_file_that_changes_is_verified_again(archives, data_folder, monkeypatch, mirrors):
    shutil.copytree(archives, data_folder)
    assert_available()
    path = data_folder / IDX[0]
    state, content = path.stat(), bytearray(path.read_bytes())
    content[-9] ^= 1
    path.write_bytes(content)
    os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))  # as a disk's own fault would leave it
    assert not is_present("mnist")
    assert f"{path} is another file or damaged" in refusal()


def test_the_colour_sets_are_copied_too(data_folder, tmp_path, monkeypatch):
    (tmp_path / "train_32x32.mat").write_bytes(b"train")
    (tmp_path / "test_32x32.mat").write_bytes(b"test")
    sums = {f"{part}_32x32.mat": (hashlib.md5(part.encode()).hexdigest(),) for part in ("train", "test")}
    monkeypatch.setitem(FILES, "svhn", Published("SVHN", (), sums))
    assert not is_present("svhn")
    monkeypatch.setenv("NORMSTUDY_DATA", str(tmp_path))
    ensure("svhn")
    assert contents(data_folder) == {"SVHN/train_32x32.mat": b"train", "SVHN/test_32x32.mat": b"test"}


def test_digits_are_always_there(data_folder):
    assert is_present("digits")
    assert resolve_dataset("digits") == ("digits", "")
    assert not data_folder.exists()


def test_addresses_and_checksums_are_those_of_torchvision():
    for name, theirs in (("mnist", "MNIST"), ("fashion_mnist", "FashionMNIST"), ("kmnist", "KMNIST")):
        known = getattr(datasets, theirs)
        assert list(FILES[name].mirrors) == known.mirrors
        assert [(file, sums[0]) for file, sums in FILES[name].sums.items()] == known.resources
    svhn = {name: (sum_,) for _, name, sum_ in (datasets.SVHN.split_list[part] for part in ("train", "test"))}
    assert FILES["svhn"].sums == svhn


def test_the_unpacked_files_have_their_own_checksums(mnist_archives):
    for name, (packed, plain) in FILES["mnist"].sums.items():
        content = (mnist_archives / name).read_bytes()
        assert hashlib.md5(content).hexdigest() == packed
        assert hashlib.md5(gzip.decompress(content)).hexdigest() == plain


@pytest.mark.parametrize("home", ["", "~", "/proc/nobody", "/"])
def test_without_a_home_the_cache_is_among_the_temporary_files(tmp_path, monkeypatch, home):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert cache_folder({"HOME": home}) == tmp_path / f"normstudy-{os.getuid()}"
