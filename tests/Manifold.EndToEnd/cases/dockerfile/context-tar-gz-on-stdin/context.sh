mkdir t; echo a >t/a.txt; printf 'FROM scratch\nCOPY . /all/\n' >t/Dockerfile; tar --owner=7 --group=8 --numeric-owner -C t -czf context.tar.gz .; rm -r t
