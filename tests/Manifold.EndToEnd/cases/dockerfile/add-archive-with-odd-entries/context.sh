python3 - <<'P'
import tarfile, io
with tarfile.open("a.tar", "w", format=tarfile.PAX_FORMAT) as t:
    def file(name, text, **more):
        i = tarfile.TarInfo(name); i.size = len(text); i.mtime = 1000000000
        for k, v in more.items(): setattr(i, k, v)
        t.addfile(i, io.BytesIO(text.encode()))
    file("./dot", "d"); file("deep/without/folders", "x"); file("/absolute", "a"); file("twice", "1"); file("twice", "2")
    file("n" * 150 + "/long", "l"); file("ünïcödé", "u", mode=0o640); file("with\nnewline", "n")
    i = tarfile.TarInfo("link"); i.type = tarfile.SYMTYPE; i.linkname = "/etc/passwd"; i.mtime = 1000000000; t.addfile(i)
    i = tarfile.TarInfo("hard"); i.type = tarfile.LNKTYPE; i.linkname = "twice"; i.mtime = 1000000000; t.addfile(i)
    i = tarfile.TarInfo("fifo"); i.type = tarfile.FIFOTYPE; i.mtime = 1000000000; t.addfile(i)
P
