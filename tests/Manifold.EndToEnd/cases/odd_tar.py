"""Writes archives whose entries have names as nobody's tool spells them. For the context.sh of cases: from odd_tar import …"""
import tarfile

D, F, S, H = tarfile.DIRTYPE, tarfile.REGTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE


def write(path, *entries):
    """entries: (name, kind, text), the text being a link's target where it is one."""
    with tarfile.open(path, "w", format=tarfile.GNU_FORMAT) as tar:
        for name, kind, text in entries:
            entry = tarfile.TarInfo("x")
            entry.type, entry.mtime, entry.mode = kind, 1000000000, 0o755 if kind == D else 0o644
            if kind in (S, H):
                entry.linkname, text = text, ""
            entry.size = len(text)
            # A name as it is: the module would take the slash at its end away.
            header = bytearray(entry.tobuf(tarfile.USTAR_FORMAT))
            header[:100] = name.encode().ljust(100, b"\0")
            header[148:156] = b" " * 8
            header[148:156] = b"%06o\0 " % sum(header)
            tar.fileobj.write(bytes(header) + text.encode() + b"\0" * (-len(text) % 512))
            tar.offset = tar.fileobj.tell()
