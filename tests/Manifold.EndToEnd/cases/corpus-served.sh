# What 'corpus.py serve' serves; run in an empty folder. Dates are fixed, so that the commits' digests are.
printf 'plain\n' >plain.txt
cp plain.txt named; cp plain.txt 'with space.txt'
mkdir folder tree tree/deep; printf 'in a folder\n' >folder/file.txt
printf 'FROM localhost:5001/busybox:1\nCOPY . /from-tarball\n' >tree/Dockerfile
printf '#!/bin/sh\necho run\n' >tree/deep/run.sh; chmod 755 tree/deep/run.sh; printf 'a\n' >tree/a.txt; ln -s a.txt tree/link
tar --sort=name --owner=7 --group=8 --numeric-owner --mtime=@1000000000 -C tree -cf tree.tar .
gzip -nk tree.tar
export GIT_CONFIG_GLOBAL=/dev/null GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@example.org GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@example.org
export GIT_AUTHOR_DATE='1000000000 +0000' GIT_COMMITTER_DATE='1000000000 +0000'
git init -q -b main work; cd work
mkdir -p sub/deep; printf 'one\n' >one.txt; printf '#!/bin/sh\n' >sub/run.sh; chmod 755 sub/run.sh; printf 'd\n' >sub/deep/d.txt; ln -s ../one.txt sub/link
printf 'FROM localhost:5001/busybox:1\nCOPY . /from-git\n' >Dockerfile; cp Dockerfile sub/Dockerfile
git add . && git commit -qm one && git tag v1 && git tag -am annotated v1-annotated
printf 'two\n' >two.txt && git add . && git commit -qm two
git checkout -q -b other v1 && printf 'other\n' >other.txt && git add . && git commit -qm other && git checkout -q main
cd ..; git clone -q --bare work repo.git; rm -rf work
git -C repo.git config uploadpack.allowAnySHA1InWant true
touch -d @1234567890 plain.txt named 'with space.txt' folder/file.txt tree.tar tree.tar.gz
