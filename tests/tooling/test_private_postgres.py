import shutil
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import psycopg
import pytest

from scripts.private_postgres import (
    NoPostgresError,
    PrivatePostgres,
    find_binaries,
    private_postgres,
    wheel_folders,
)

SCRIPT = Path(__file__).parents[2] / "scripts" / "private_postgres.py"


@pytest.fixture
def stub(tmp_path: Path) -> Path:
    """Programs that say they are PostgreSQL, and are not."""
    for name in ("initdb", "postgres"):
        program = tmp_path / name
        program.write_text('#!/bin/sh\necho "postgres (PostgreSQL) 17.1"\n')
        program.chmod(0o755)
    return tmp_path


@pytest.mark.slow
def test_what_was_committed_outlives_a_crash(own_postgres: PrivatePostgres) -> None:
    with psycopg.connect(own_postgres.url, autocommit=True) as connection:
        connection.execute("CREATE TABLE page (id int)")
        connection.execute("INSERT INTO page VALUES (42)")
    own_postgres.stop("immediate")
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(own_postgres.url)
    own_postgres.start()
    with psycopg.connect(own_postgres.url) as connection:
        assert connection.execute("SELECT id FROM page").fetchall() == [(42,)]


def test_the_server_and_its_files_are_gone_afterwards() -> None:
    with private_postgres() as server:
        folder = server.folder
        assert (folder / "data").is_dir()
    assert not folder.exists()
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(server.url)


def test_the_server_goes_when_its_owner_is_killed() -> None:
    owner = subprocess.Popen(
        [sys.executable, SCRIPT, "run", "--", "sh", "-c", "echo; echo $DATABASE_URL; exec cat"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert owner.stdin
    assert owner.stdout
    address = [owner.stdout.readline().strip() for _ in range(3)][-1]
    family = psutil.Process(owner.pid).children(recursive=True)
    owner.send_signal(signal.SIGKILL)
    # The command itself outlives a killed owner until its input ends, as `cat` does here.
    owner.stdin.close()
    owner.stdout.close()
    owner.wait()
    _gone, alive = psutil.wait_procs(family, timeout=10)
    assert alive == []
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(address)


def test_the_commands_exit_code_is_handed_on() -> None:
    done = subprocess.run(
        [sys.executable, SCRIPT, "run", "--", "sh", "-c", "exit 7"], capture_output=True, text=True
    )
    assert done.returncode == 7
    assert "Using PostgreSQL" in done.stdout


def test_programs_that_only_pretend_are_said_not_to_work(stub: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALLCLEAR_PG_BIN", str(stub))
    with pytest.raises(NoPostgresError, match=str(stub)), private_postgres():
        pass


def test_half_an_installation_is_passed_over(stub: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (stub / "initdb").unlink()
    monkeypatch.setenv("ALLCLEAR_PG_BIN", str(stub))
    assert list(find_binaries()) == []


def test_the_wheel_carries_a_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALLCLEAR_PG_BIN", str(next(wheel_folders())))
    with private_postgres() as server, psycopg.connect(server.url) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_programs_below_a_folder_only_we_may_enter_work_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As root the server runs as somebody else, who may not read a home folder's virtual environment."""
    folder = next(wheel_folders())
    package = folder.parents[1]
    shutil.copytree(folder.parent, tmp_path / package.name / folder.parent.name)
    shutil.copytree(package.with_name(f"{package.name}.libs"), tmp_path / f"{package.name}.libs")
    tmp_path.chmod(0o700)
    monkeypatch.setenv("ALLCLEAR_PG_BIN", str(tmp_path / folder.relative_to(package.parent)))
    with private_postgres() as server, psycopg.connect(server.url) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
