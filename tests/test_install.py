# SPDX-License-Identifier: GPL-2.0
"""The takeover on a machine's own kernel: installed, signed, removed."""

import os
import pathlib
import subprocess

import pytest

from tools.kernel import distro

INSTALL = pathlib.Path(__file__).resolve().parents[1] / "tools/host/install"
KEY = ("openssl", "req", "-new", "-x509", "-newkey", "rsa:2048", "-nodes",
       "-days", "2", "-subj", "/CN=mine/")

# It builds modules against the headers that are installed here.
pytestmark = [pytest.mark.no_guest, pytest.mark.long]


def install(root: pathlib.Path, word: str = "build",
            **env: str) -> "subprocess.CompletedProcess[str]":
    """Run tools/host/install for a folder."""
    return subprocess.run([INSTALL, word], text=True, capture_output=True,
                          check=False,
                          env={**os.environ, "DESTDIR": str(root), **env})


def release() -> str:
    """Return the release that headers are installed of."""
    name = distro.release(distro.tree())
    assert name
    return name


def test_signed_and_removed(tmp_path: pathlib.Path) -> None:
    """Modules for this kernel, signed with a key of one's own; all goes."""
    key, cert = tmp_path / "mine.key", tmp_path / "mine.der"
    subprocess.run([*KEY, "-keyout", key, "-outform", "DER", "-out", cert],
                   check=True, capture_output=True)
    root = tmp_path / "root"
    done = install(root, RELEASE=release(), SIGN_KEY=str(key),
                   SIGN_CERT=str(cert))
    assert done.returncode == 0, done.stderr
    folder = root / "lib/modules" / release() / "updates/headroom"
    for name in ("hgso", "hgso_takeover"):
        path = folder / f"{name}.ko"
        assert path.read_bytes().endswith(b"~Module signature appended~\n")
        info = subprocess.run(["/sbin/modinfo", "-F", "signer", path],
                              check=True, text=True, capture_output=True)
        assert info.stdout.strip() == "mine"
        info = subprocess.run(["/sbin/modinfo", "-F", "vermagic", path],
                              check=True, text=True, capture_output=True)
        assert info.stdout.split()[0] == release()
    options = root / "etc/modprobe.d/hgso_takeover.conf"
    options.write_text("options hgso_takeover sample=256\n",
                       encoding="ascii")
    # What the owner wrote stays when it is installed again.
    done = install(root, RELEASE=release())
    assert done.returncode == 0, done.stderr
    assert "sample=256" in options.read_text(encoding="ascii")
    assert not (folder / "hgso.ko").read_bytes().endswith(b"appended~\n")

    done = install(root, "remove")
    assert done.returncode == 0, done.stderr
    assert [path for path in root.rglob("*") if path.is_file()
            and not path.name.startswith("modules.")] == []


@pytest.mark.skipif(os.geteuid() != 0, reason="DKMS works for root only")
def test_dkms(tmp_path: pathlib.Path) -> None:
    """DKMS builds the same modules, signed with its own key; all goes."""
    done = install(tmp_path, "dkms", RELEASE=release())
    assert done.returncode == 0, done.stdout + done.stderr
    folder = tmp_path / "lib/modules" / release() / "updates/dkms"
    for name in ("hgso", "hgso_takeover"):
        path, = folder.glob(f"{name}.ko*")
        words = {word: subprocess.run(
            ["/sbin/modinfo", "-F", word, path], check=True, text=True,
            capture_output=True).stdout for word in ("vermagic", "signer")}
        assert words["vermagic"].split()[0] == release()
        assert words["signer"].strip()
    # Once more takes the place of what is there.
    done = install(tmp_path, "dkms", RELEASE=release())
    assert done.returncode == 0, done.stdout + done.stderr

    done = install(tmp_path, "remove")
    assert done.returncode == 0, done.stdout + done.stderr
    left = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert [path for path in left if path.name != "dkms_dbversion"] == []


@pytest.mark.parametrize("env, why", [
    ({"RELEASE": "6.1.0-30-amd64"}, "not a kernel of the 6.12 series"),
    ({"RELEASE": "6.12.0-none"}, "apt install linux-headers-6.12.0-none"),
    ({"SIGN_KEY": "/dev/null"}, "must both name files"),
    ({"SIGN_KEY": "/none", "SIGN_CERT": "/none"}, "must both name files"),
])
def test_refuses(tmp_path: pathlib.Path, env: dict[str, str],
                 why: str) -> None:
    """What cannot be done is said in a line, and nothing is installed."""
    done = install(tmp_path, **{"RELEASE": release(), **env})
    assert done.returncode != 0
    assert why in done.stderr
    assert not any(tmp_path.rglob("*.ko"))
