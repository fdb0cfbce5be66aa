"""Finding and fetching data sets: from folders, from a loopback mirror, and from mirrors that fail."""

import os
import shutil
import socket
import threading
import time
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest
import torch
import torchvision.datasets
from conftest import raw_folder
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from normstudy.training import download, transfer
from normstudy.training.data import load
from normstudy.training.download import FILES, RECORD, DamagedDataError, DataError, ensure, is_present, resolve_dataset


class Quiet(SimpleHTTPRequestHandler):
    """Serves a folder without a line on the terminal for each request."""

    def log_message(self, *arguments):
        pass


@pytest.fixture
def serve(monkeypatch):
    """A function that serves a folder on the loopback address and returns the mirror's address."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    servers = []

    def start(folder, handler=Quiet) -> str:
        server = ThreadingHTTPServer(("127.0.0.1", 0), partial(handler, directory=str(folder)))
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_address[1]}"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture
def refusing(monkeypatch) -> str:
    """An address where nothing listens."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    return f"http://127.0.0.1:{port}/"


@pytest.fixture
def silent(monkeypatch):
    """An address where connections are taken and never answered."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setattr(download, "PATIENCE", 1.0)
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}/"


def refusal(dataset: str = "mnist") -> str:
    """The one line with which `dataset` is reported as not to be had."""
    with pytest.raises(DataError) as caught:
        ensure(dataset)
    (line,) = str(caught.value).splitlines()
    assert line.startswith(f"{dataset}: ")
    return line


def assert_fetched(data_folder, dataset="mnist"):
    raw = raw_folder(data_folder, dataset)
    assert {path.name for path in raw.iterdir()} == {RECORD, *(name.removesuffix(".gz") for name in FILES)}
    for number, name in enumerate(FILES):
        assert (raw / name.removesuffix(".gz")).read_bytes().endswith(bytes([number] * 5))
    assert [path.name for path in data_folder.iterdir()] == [raw.parent.name]  # nothing of the fetching stays
    assert is_present(dataset)


def test_from_a_local_folder(archives, data_folder, monkeypatch):
    monkeypatch.setenv("NORMSTUDY_DATA", str(archives))
    assert not is_present("mnist")
    ensure("mnist")
    assert_fetched(data_folder)
    assert {path.name for path in archives.iterdir()} == set(FILES)  # the source is left as it was


def test_from_a_sub_folder_named_after_the_data_set(archives, data_folder, monkeypatch, tmp_path):
    monkeypatch.setattr(torchvision.datasets.KMNIST, "resources", torchvision.datasets.MNIST.resources)
    (tmp_path / "all").mkdir()
    shutil.copytree(archives, tmp_path / "all/kmnist")
    for name in FILES:
        (tmp_path / "all" / name).write_bytes(b"another data set")
    monkeypatch.setenv("NORMSTUDY_DATA", str(tmp_path / "all"))
    ensure("kmnist")
    assert_fetched(data_folder, "kmnist")
    assert not is_present("mnist")


@pytest.mark.parametrize("slash", ["", "/"])
def test_from_a_mirror_address(archives, data_folder, monkeypatch, serve, slash):
    monkeypatch.setenv("NORMSTUDY_DATA", serve(archives) + slash)
    ensure("mnist")
    assert_fetched(data_folder)


def test_from_the_first_of_torchvisions_mirrors_that_answers(archives, data_folder, monkeypatch, serve, refusing):
    monkeypatch.setattr(torchvision.datasets.MNIST, "mirrors", [refusing, serve(archives) + "/"])
    assert resolve_dataset("auto") == ("mnist", "")
    assert_fetched(data_folder)


def test_what_is_present_is_not_fetched_again(archives, data_folder, monkeypatch):
    monkeypatch.setenv("NORMSTUDY_DATA", str(archives))
    ensure("mnist")
    monkeypatch.setenv("NORMSTUDY_DATA", str(archives / "nowhere"))  # nothing is looked for there
    ensure("mnist")
    assert resolve_dataset("auto") == ("mnist", "")


@pytest.mark.fault("fetching killed between two files", "goes on; nothing half is taken for whole")
@pytest.mark.parametrize("moved", range(len(FILES)))
def test_a_copy_that_was_broken_off_is_completed(archives, data_folder, monkeypatch, moved):
    monkeypatch.setenv("NORMSTUDY_DATA", str(archives))
    ensure("mnist")
    raw = raw_folder(data_folder, "mnist")
    for name in FILES[moved:]:
        (raw / name.removesuffix(".gz")).unlink()
    assert not is_present("mnist")
    ensure("mnist")
    assert_fetched(data_folder)


@pytest.mark.fault("archive with a wrong checksum", "the file is named, and no data appear")
@pytest.mark.parametrize("name", FILES)
def test_a_file_with_a_wrong_checksum_is_named_and_nothing_appears(archives, data_folder, monkeypatch, name):
    damaged = bytearray((archives / name).read_bytes())
    damaged[-9] ^= 1
    (archives / name).write_bytes(damaged)
    monkeypatch.setenv("NORMSTUDY_DATA", str(archives))
    line = refusal()
    assert str(archives / name) in line
    assert "damaged" in line
    assert list(data_folder.iterdir()) == []


@pytest.mark.fault("archive with a wrong checksum", "the file is named, and no data appear")
def test_a_mirror_with_a_wrong_checksum_is_named_and_nothing_appears(archives, data_folder, monkeypatch, serve):
    (archives / FILES[2]).write_bytes(b"not what it was")
    address = serve(archives)
    monkeypatch.setenv("NORMSTUDY_DATA", address)
    line = refusal()
    assert address in line
    assert f"{FILES[2]} came as a damaged file, or one of another data set (checksum differs, 15 bytes)" in line
    assert list(data_folder.iterdir()) == []


@pytest.mark.fault("archive missing", "the file is named, and no data appear")
@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_named_and_nothing_appears(archives, data_folder, monkeypatch, name):
    (archives / name).unlink()
    monkeypatch.setenv("NORMSTUDY_DATA", str(archives))
    line = refusal()
    assert f"no file {name} in {archives}" in line
    assert "NORMSTUDY_DATA" in line
    assert list(data_folder.iterdir()) == []


def test_a_mirror_without_the_files_is_named(data_folder, monkeypatch, serve, tmp_path):
    (tmp_path / "empty").mkdir()
    address = serve(tmp_path / "empty")
    monkeypatch.setenv("NORMSTUDY_DATA", address)
    line = refusal()
    assert address in line
    assert "not found" in line.lower()
    assert list(data_folder.iterdir()) == []


def test_a_mirror_that_lacks_one_file_is_named(archives, data_folder, monkeypatch, serve):
    (archives / FILES[0]).unlink()
    address = serve(archives)
    monkeypatch.setenv("NORMSTUDY_DATA", address)
    line = refusal()
    assert address in line
    assert FILES[0] in line
    assert list(data_folder.iterdir()) == []


def test_a_refused_connection_is_told_as_such(data_folder, monkeypatch, refusing):
    # With the patience of a day, this test ends only because a refusal is not waited upon.
    monkeypatch.setattr(download, "PATIENCE", 86_400.0)
    monkeypatch.setenv("NORMSTUDY_DATA", refusing)
    line = refusal()
    assert refusing in line
    assert "refused" in line


def test_no_thread_is_left_to_wait_for_after_a_refusal(data_folder, monkeypatch, refusing):
    before = set(threading.enumerate())
    monkeypatch.setenv("NORMSTUDY_DATA", refusing)
    refusal()
    assert all(thread.daemon for thread in set(threading.enumerate()) - before)


@pytest.mark.fault("mirror silent, from the first byte on or from the middle", "given up and named; no data appear")
def test_a_silent_mirror_is_given_up_on(data_folder, monkeypatch, silent):
    monkeypatch.setenv("NORMSTUDY_DATA", silent)
    line = refusal()
    assert "no answer within 1 seconds" in line or "timed out" in line
    assert "set NORMSTUDY_DATA to a folder" in line
    assert list(data_folder.iterdir()) == []


def test_silent_mirrors_are_waited_for_together(data_folder, monkeypatch, silent, serve, archives):
    monkeypatch.setattr(torchvision.datasets.MNIST, "mirrors", [silent, silent, serve(archives) + "/"])
    ensure("mnist")
    assert_fetched(data_folder)


@pytest.mark.fault("mirror silent, from the first byte on or from the middle", "given up and named; no data appear")
def test_a_mirror_that_falls_silent_halfway_is_given_up_on(archives, data_folder, monkeypatch, serve):
    over = threading.Event()

    class FallsSilent(Quiet):
        def do_GET(self):
            if self.path.endswith(FILES[2]):
                over.wait(60)
            else:
                super().do_GET()

    monkeypatch.setattr(download, "PATIENCE", 1.0)
    address = serve(archives, FallsSilent)
    monkeypatch.setenv("NORMSTUDY_DATA", address)
    try:
        line = refusal()
    finally:
        over.set()
    assert address in line
    assert "timed out" in line
    assert list(data_folder.iterdir()) == []
    assert socket.getdefaulttimeout() is None


def in_answer(send):
    """A handler that calls `send(handler)` for everything but the smallest file, which it serves."""

    class Odd(Quiet):
        def do_GET(self):
            if self.path.endswith(FILES[-1]):
                super().do_GET()
            else:
                send(self)

    return Odd


def start_answer(handler, length: int) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", str(length))
    handler.end_headers()


def send_login_page(handler) -> None:
    page = b"\n <!DOCTYPE html><html><title>Please log in</title></html>"
    start_answer(handler, len(page))
    handler.wfile.write(page)


def send_half(handler) -> None:
    start_answer(handler, 1_000_000)
    handler.wfile.write(bytes(500_000))


def send_a_few_bytes_a_second(handler) -> None:
    start_answer(handler, 1_000_000)
    while True:
        handler.wfile.write(b"x")
        time.sleep(0.05)


def send_a_header_that_never_ends(handler) -> None:
    handler.wfile.write(b"HTTP/1.0 200 OK\r\nX: ")
    send_a_few_bytes_a_second(handler)


def send_without_end(handler) -> None:
    start_answer(handler, 10**12)
    while True:
        handler.wfile.write(bytes(1 << 16))


@pytest.mark.fault(
    "mirror with a login page, half a file, a byte now and then, endless headers, an endless file, 404, 500",
    "named; no data appear; a second mirror is asked, and its files verified",
)
@pytest.mark.parametrize(
    ("send", "expected"),
    [
        (send_login_page, "a web page, such as networks send whose users have to log in"),
        (send_half, "a damaged file, or one of another data set (checksum differs, 500,000 bytes)"),
        (send_a_few_bytes_a_second, "timed out: "),
        (send_a_header_that_never_ends, "timed out: "),
        (send_without_end, "more than 1,000,000 bytes came"),
        (lambda handler: handler.send_error(404), "HTTP Error 404: Not Found"),
        (lambda handler: handler.send_error(500), "HTTP Error 500: Internal Server Error"),
    ],
    ids=["login page", "closes midway", "a few bytes a second", "endless header", "endless file", "404", "500"],
)
def test_whatever_else_a_mirror_sends_is_named_and_the_next_is_asked(
    archives, data_folder, monkeypatch, serve, send, expected
):
    monkeypatch.setattr(download, "PATIENCE", 1.0)
    monkeypatch.setattr(transfer, "LARGEST", 1_000_000)
    address = serve(archives, in_answer(send))
    monkeypatch.setenv("NORMSTUDY_DATA", address)
    line = refusal()
    assert f"{address}/: {FILES[0]}" in line
    assert expected in line
    assert "set NORMSTUDY_DATA to a folder" in line
    assert list(data_folder.iterdir()) == []
    monkeypatch.delenv("NORMSTUDY_DATA")
    monkeypatch.setattr(download, "PATIENCE", 20.0 if "timed out" not in expected else 1.0)
    monkeypatch.setattr(torchvision.datasets.MNIST, "mirrors", [address + "/", serve(archives) + "/"])
    ensure("mnist")
    assert_fetched(data_folder)


def test_a_slow_link_is_waited_for(serve, tmp_path):
    content = bytes(range(250)) * 80

    def send_slowly(handler):
        start_answer(handler, len(content))
        for start in range(0, len(content), 1_000):
            handler.wfile.write(content[start : start + 1_000])
            time.sleep(0.1)

    # Twenty pieces in two seconds or more: four times the patience, at ten times the rate that it takes.
    transfer.fetch(serve(tmp_path, in_answer(send_slowly)) + "/file", tmp_path / "file", patience=0.5)
    assert (tmp_path / "file").read_bytes() == content


@pytest.mark.fault("archives of another data set", "refused as such")
def test_archives_of_another_data_set_are_told_by_their_checksums(mnist_archives, data_folder, monkeypatch, serve):
    for source in (str(mnist_archives), serve(mnist_archives)):
        monkeypatch.setenv("NORMSTUDY_DATA", source)
        assert "a file of another data set, mnist" in refusal("fashion_mnist")
    assert list(data_folder.iterdir()) == []


@pytest.mark.fault("archive cut or with flipped bits anywhere", "the file is named, and no data appear", tried=60)
@given(st.sampled_from(FILES), st.floats(0, 1, exclude_max=True), st.integers(1, 255) | st.none())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_archives_damaged_anywhere_are_refused(archives, data_folder, name, place, flips):
    """Cut off at `place` (a fraction of the file), or with bits flipped there."""
    whole = (archives / name).read_bytes()
    (archives / name).write_bytes(damage(whole, place, flips))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NORMSTUDY_DATA", str(archives))
        line = refusal()
    (archives / name).write_bytes(whole)
    assert str(archives / name) in line
    assert "damaged" in line
    assert list(data_folder.iterdir()) == []


def damage(content: bytes, place: float, flips: int | None) -> bytes:
    at = int(place * len(content))
    return content[:at] if flips is None else content[:at] + bytes([content[at] ^ flips]) + content[at + 1 :]


@pytest.mark.fault(
    "unpacked data file cut or with flipped bits anywhere", "fetched again byte by byte, or refused", tried=60
)
@given(st.sampled_from(FILES), st.floats(0, 1, exclude_max=True), st.integers(1, 255) | st.none())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_unpacked_files_damaged_anywhere_are_fetched_again_or_refused(archives, data_folder, name, place, flips):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NORMSTUDY_DATA", str(archives))
        ensure("mnist")
        path = raw_folder(data_folder, "mnist") / name.removesuffix(".gz")
        times = path.stat().st_atime_ns, path.stat().st_mtime_ns
        path.write_bytes(damage(path.read_bytes(), place, flips))
        os.utime(path, ns=times)  # as a disk's own fault would leave them
        patch.setenv("NORMSTUDY_DATA", str(archives / "nowhere"))
        with pytest.raises(DamagedDataError) as caught:
            ensure("mnist", thoroughly=True)
        (line,) = str(caught.value).splitlines()
        assert line.startswith(f"mnist: {path} is damaged (")
        assert f"no fresh copy: NORMSTUDY_DATA={archives / 'nowhere'}: No such file or directory" in line
        patch.setenv("NORMSTUDY_DATA", str(archives))
        ensure("mnist", thoroughly=True)
    assert_fetched(data_folder)


@pytest.mark.fault("unpacked data file or its checksums missing, emptied or overwritten", "fetched again byte by byte")
@pytest.mark.parametrize("name", [FILES[0].removesuffix(".gz"), RECORD])
@pytest.mark.parametrize("content", [None, b"", b"{}", b"[1, 2]", b"\xff", bytes(4_000)])
def test_files_that_cannot_be_verified_are_fetched_again(archives, data_folder, monkeypatch, name, content):
    monkeypatch.setenv("NORMSTUDY_DATA", str(archives))
    ensure("mnist")
    path = raw_folder(data_folder, "mnist") / name
    path.unlink() if content is None else path.write_bytes(content)
    assert not is_present("mnist")
    ensure("mnist")
    assert_fetched(data_folder)


@pytest.mark.fault("MNIST damaged and `dataset: auto`", "refused: no other data in its place")
def test_auto_does_not_put_digits_in_the_place_of_a_damaged_mnist(archives, data_folder, monkeypatch):
    monkeypatch.setenv("NORMSTUDY_DATA", str(archives))
    ensure("mnist")
    (raw_folder(data_folder, "mnist") / RECORD).unlink()
    monkeypatch.setenv("NORMSTUDY_DATA", str(archives / "nowhere"))
    with pytest.raises(DamagedDataError, match=f"^mnist: .*raw has no {RECORD}"):
        resolve_dataset("auto")


def test_what_is_trained_on_is_what_was_fetched(mnist_archives, data_folder, monkeypatch):
    monkeypatch.setenv("NORMSTUDY_DATA", str(mnist_archives))
    before = load("mnist")
    path = raw_folder(data_folder, "mnist") / "train-images-idx3-ubyte"
    with open(path, "r+b") as file:
        file.seek(20_000_000)
        file.write(b"\1" if file.read(1) != b"\1" else b"\2")
    assert is_present("mnist")  # sizes are all that is looked at here
    assert torch.equal(load("mnist").train.images, before.train.images)
    path.write_bytes(path.read_bytes()[:-1])
    monkeypatch.setenv("NORMSTUDY_DATA", str(data_folder))
    with pytest.raises(DamagedDataError, match=r"is damaged \(47040015 of 47040016 bytes\)"):
        load("mnist")


def test_auto_falls_back_to_digits_and_says_why(data_folder, monkeypatch, tmp_path, refusing):
    for named in ("", refusing):
        monkeypatch.setenv("NORMSTUDY_DATA", named)
        monkeypatch.setattr(torchvision.datasets.MNIST, "mirrors", [refusing])
        dataset, reason = resolve_dataset("auto")
        assert dataset == "digits"
        assert f"mnist: cannot be fetched ({refusing}" in reason
        assert "\n" not in reason


def test_a_data_set_asked_for_by_name_is_never_replaced_by_another(data_folder, monkeypatch, refusing):
    monkeypatch.setenv("NORMSTUDY_DATA", refusing)
    for dataset in ("mnist", "fashion_mnist", "kmnist"):
        with pytest.raises(DataError, match=f"^{dataset}: cannot be fetched"):
            resolve_dataset(dataset)


def test_digits_are_always_there(data_folder):
    assert is_present("digits")
    assert resolve_dataset("digits") == ("digits", "")
    assert not data_folder.exists()


@pytest.mark.fault("data folder cannot be made", "named in one line")
def test_a_data_folder_that_cannot_be_made_is_named(monkeypatch, tmp_path, archives):
    (tmp_path / "file").write_text("")
    monkeypatch.setattr(download, "data_folder", lambda: tmp_path / "file/data")
    monkeypatch.setenv("NORMSTUDY_DATA", str(archives))
    assert str(tmp_path / "file") in refusal()


@pytest.mark.fault("data folder full or read-only", "named in one line; whole data are read all the same")
def test_a_data_folder_that_is_full_or_read_only_is_named_and_does_for_reading(archives, disk, monkeypatch):
    monkeypatch.setattr(download, "data_folder", lambda: disk.path / "data")
    monkeypatch.setenv("NORMSTUDY_DATA", str(archives))
    for room in (0, 4096, 8192):
        disk.leave(room)
        line = refusal()
        assert str(disk.path / "data") in line
        assert f"No space left on device; make room and make {disk.path / 'data'} writable" in line
        assert list((disk.path / "data").iterdir()) == []
    disk.make_room()
    ensure("mnist")
    monkeypatch.setenv("NORMSTUDY_DATA", str(archives / "nowhere"))
    disk.make_read_only()
    ensure("mnist", thoroughly=True)


def test_the_files_of_mnist_have_torchvisions_checksums(mnist_archives, data_folder, monkeypatch, serve):
    monkeypatch.setenv("NORMSTUDY_DATA", serve(mnist_archives))
    data = load("mnist")
    assert (len(data.train), len(data.evaluation)) == (60_000, 10_000)
    assert (round(data.mean, 4), round(data.std, 4)) == (0.1307, 0.3081)  # as every tutorial has them
    assert data.train.labels.bincount().tolist() == [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    assert data.evaluation.labels.bincount().tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    assert data.train.labels[:5].tolist() == [5, 0, 4, 1, 9]
