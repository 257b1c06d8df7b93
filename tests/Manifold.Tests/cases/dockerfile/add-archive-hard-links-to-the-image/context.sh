python3 - <<'P'
import tarfile, io
def write(path, *entries):
    with tarfile.open(path, "w", format=tarfile.GNU_FORMAT) as tar:
        for name, kind, text in entries:
            i = tarfile.TarInfo("x"); i.type = kind; i.mtime = 1000000000; i.mode = 0o755 if kind == tarfile.DIRTYPE else 0o644
            if kind in (tarfile.SYMTYPE, tarfile.LNKTYPE): i.linkname, text = text, ""
            i.size = len(text)
            # A name as it is: the module would take the slash at its end away.
            header = bytearray(i.tobuf(tarfile.USTAR_FORMAT)); header[:100] = name.encode().ljust(100, b"\0")
            header[148:156] = b" " * 8; header[148:156] = b"%06o\0 " % sum(header)
            tar.fileobj.write(bytes(header) + text.encode() + b"\0" * (-len(text) % 512)); tar.offset = tar.fileobj.tell()
D, F, S, H = tarfile.DIRTYPE, tarfile.REGTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE
write("base.tar", ("usr", D, ""), ("usr/bin", D, ""), ("usr/bin/sh", F, "sh"), ("usr/bin/ash", H, "usr/bin/sh"), ("bin", S, "usr/bin"), ("empty", F, ""))
write("a.tar", ("bin/new", H, "bin/sh"), ("newer", H, "usr/bin/ash"), ("hollow", H, "empty"), ("newest", H, "bin/new"))
P
