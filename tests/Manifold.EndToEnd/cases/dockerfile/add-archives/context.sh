mkdir t; echo a >t/a; mkdir t/d; echo s >t/d/s; chmod 750 t/d; ln -s a t/link; ln t/a t/hard
pack() { tar --sort=name --owner=7 --group=8 --numeric-owner --mtime=@1000000000 -C t -c"$1"f "$2" .; }
pack '' plain.tar; pack z gz.tar.gz; pack j bz2.tar.bz2; cp gz.tar.gz oddly-named; echo 'not an archive' >not-a-tar.gz; rm -r t
