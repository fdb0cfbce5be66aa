"""Finding and fetching data sets: from folders, from a loopback mirror, and from mirrors that fail."""

import gzip
import hashlib
import shutil
import socket
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest
import torchvision.datasets
from conftest import raw_folder, write_idx

from normstudy import download
from normstudy.data import load
from normstudy.download import FILES, DataError, ensure, is_present, resolve_dataset


@pytest.fixture(scope="session")
def tiny_source(tmp_path_factory):
    """Archives like those of MNIST, of five images."""
    folder = tmp_path_factory.mktemp("tiny")
    for number, name in enumerate(FILES):
        shape = (5, 28, 28) if "images" in name else (5,)
        write_idx(folder / "plain", shape, np.full(shape, number))
        (folder / name).write_bytes(gzip.compress((folder / "plain").read_bytes(), mtime=0))
    (folder / "plain").unlink()
    return folder


@pytest.fixture
def archives(tiny_source, tmp_path, monkeypatch, data_folder):
    """A copy of the tiny archives, whose checksums torchvision takes for those of MNIST."""
    sums = [(name, hashlib.md5((tiny_source / name).read_bytes()).hexdigest()) for name in FILES]
    monkeypatch.setattr(torchvision.datasets.MNIST, "resources", sums)
    return shutil.copytree(tiny_source, tmp_path / "archives")


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
    assert {path.name for path in raw.iterdir()} == {name.removesuffix(".gz") for name in FILES}
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
    monkeypatch.setenv("NORMSTUDY_DATA", str(archives / "nowhere"))
    ensure("mnist")
    assert resolve_dataset("auto") == ("mnist", "")


def test_an_incomplete_copy_is_replaced(archives, data_folder, monkeypatch):
    monkeypatch.setenv("NORMSTUDY_DATA", str(archives))
    raw = raw_folder(data_folder, "mnist")
    raw.mkdir(parents=True)
    (raw / FILES[0].removesuffix(".gz")).write_bytes(b"half")
    assert not is_present("mnist")
    ensure("mnist")
    assert_fetched(data_folder)


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


def test_a_mirror_with_a_wrong_checksum_is_named_and_nothing_appears(archives, data_folder, monkeypatch, serve):
    (archives / FILES[2]).write_bytes(b"not what it was")
    address = serve(archives)
    monkeypatch.setenv("NORMSTUDY_DATA", address)
    line = refusal()
    assert address in line
    assert "corrupted" in line
    assert list(data_folder.iterdir()) == []


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


def test_auto_falls_back_to_digits_and_says_why(data_folder, monkeypatch, tmp_path, refusing):
    monkeypatch.setenv("NORMSTUDY_DATA", str(tmp_path / "nowhere"))
    dataset, reason = resolve_dataset("auto")
    assert dataset == "digits"
    assert str(tmp_path / "nowhere") in reason
    monkeypatch.delenv("NORMSTUDY_DATA")
    monkeypatch.setattr(torchvision.datasets.MNIST, "mirrors", [refusing])
    dataset, reason = resolve_dataset("auto")
    assert dataset == "digits"
    assert "mnist: cannot be fetched" in reason
    assert "\n" not in reason


def test_a_data_set_asked_for_by_name_is_never_replaced_by_another(data_folder, monkeypatch, tmp_path):
    monkeypatch.setenv("NORMSTUDY_DATA", str(tmp_path / "nowhere"))
    for dataset in ("mnist", "fashion_mnist", "kmnist"):
        with pytest.raises(DataError, match=f"^{dataset}: no file"):
            resolve_dataset(dataset)


def test_digits_are_always_there(data_folder):
    assert is_present("digits")
    assert resolve_dataset("digits") == ("digits", "")
    assert not data_folder.exists()


def test_a_data_folder_that_cannot_be_made_is_named(monkeypatch, tmp_path, archives):
    (tmp_path / "file").write_text("")
    monkeypatch.setattr(download, "data_folder", lambda: tmp_path / "file/data")
    monkeypatch.setenv("NORMSTUDY_DATA", str(archives))
    assert str(tmp_path / "file") in refusal()


def test_the_files_of_mnist_have_torchvisions_checksums(mnist_archives, data_folder, monkeypatch, serve):
    monkeypatch.setenv("NORMSTUDY_DATA", serve(mnist_archives))
    data = load("mnist")
    assert (len(data.train), len(data.evaluation)) == (60_000, 10_000)
    assert (round(data.mean, 4), round(data.std, 4)) == (0.1307, 0.3081)  # as every tutorial has them
    assert data.train.labels.bincount().tolist() == [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    assert data.evaluation.labels.bincount().tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    assert data.train.labels[:5].tolist() == [5, 0, 4, 1, 9]
