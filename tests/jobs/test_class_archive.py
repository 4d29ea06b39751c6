"""The archive of a JVM's classes: written by a running JVM, read by the next, never in the way."""

from __future__ import annotations

import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from jobs.engines import class_archive

JAVA = shutil.which("java")
WAITING = """class Waiting {
    public static void main(String[] words) throws Exception { System.out.println("on"); System.in.read(); }
}"""
needs_jdk = pytest.mark.skipif(JAVA is None or shutil.which("jcmd") is None, reason="asks a JDK for its archive")


def started(options: str, source: Path) -> subprocess.Popen[str]:
    assert JAVA is not None
    command = [JAVA, *shlex.split(options), str(source)]
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "on\n"
    return process


@needs_jdk
def test_a_running_jvm_writes_the_archive_and_the_next_one_starts_with_it(tmp_path: Path) -> None:
    source = tmp_path / "Waiting.java"
    source.write_text(WAITING, "utf-8")
    archive = tmp_path / "a folder" / "classes.jsa"
    with started(class_archive.options(archive), source) as first:
        class_archive.write(archive, str(JAVA), first.pid)
        first.communicate("\n")
    assert [path.name for path in archive.parent.iterdir()] == ["classes.jsa"]
    assert "SharedArchiveFile" in class_archive.options(archive)
    with started(class_archive.options(archive), source) as second:
        printed, _ = second.communicate("\n")
    assert (second.returncode, printed) == (0, "")


@needs_jdk
def test_a_broken_archive_is_left_aside_without_a_word(tmp_path: Path) -> None:
    source = tmp_path / "Waiting.java"
    source.write_text(WAITING, "utf-8")
    archive = tmp_path / "classes.jsa"
    archive.write_bytes(b"no archive")
    with started(class_archive.options(archive), source) as process:
        printed, _ = process.communicate("\n")
    assert (process.returncode, printed) == (0, "")


@needs_jdk
def test_a_jvm_that_is_gone_leaves_nothing_behind(tmp_path: Path) -> None:
    with subprocess.Popen(["true"]) as gone:
        gone.wait()
    class_archive.write(tmp_path / "classes.jsa", str(JAVA), gone.pid)
    assert list(tmp_path.iterdir()) == []


def test_a_java_without_the_means_to_write_one_has_no_archive(tmp_path: Path) -> None:
    java = tmp_path / "java"
    java.touch()
    assert class_archive.place(str(java), ("4.2.0",)) is None


def test_other_packages_have_another_archive(tmp_path: Path) -> None:
    for name in ("java", "jcmd"):
        (tmp_path / name).touch()
    java = str(tmp_path / "java")
    assert class_archive.place(java, ("4.2.0",)) == class_archive.place(java, ("4.2.0",))
    assert class_archive.place(java, ("4.2.0",)) != class_archive.place(java, ("4.2.1",))
