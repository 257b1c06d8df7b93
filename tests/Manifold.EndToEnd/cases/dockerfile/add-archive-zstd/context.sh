mkdir t; echo a >t/a; tar --sort=name --owner=7 --group=8 --numeric-owner --mtime=@1000000000 -C t -cf plain.tar .; zstd -q plain.tar -o tar.zst; rm -r t plain.tar
