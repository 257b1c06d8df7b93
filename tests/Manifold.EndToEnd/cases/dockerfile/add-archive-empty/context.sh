tar -cf empty.tar -T /dev/null; : >nothing; gzip -n <empty.tar >empty.tar.gz; printf x | gzip -n >not-tar.gz
