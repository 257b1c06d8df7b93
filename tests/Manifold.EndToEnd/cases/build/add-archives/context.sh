mkdir -p in/sub folder
echo 1 >in/one; echo 2 >in/sub/two; ln -s one in/link; ln in/one in/hard; chmod 4711 in/sub/two; chmod 700 in/sub; chown 10:11 in/sub/two
tar --numeric-owner -C in -cf plain.tar .
gzip -c plain.tar >gz.tar.gz; bzip2 -c plain.tar >bz2.tar.bz2; cp gz.tar.gz oddly-named
echo text | gzip >not-a-tar.gz; echo text >plain.txt; cp gz.tar.gz folder/inner.tar.gz
rm -r in
