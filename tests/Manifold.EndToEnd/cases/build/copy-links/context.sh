# Links, some of them to nowhere and out of the context.
mkdir -p folder
echo real >folder/real.txt
ln -s real.txt folder/near; ln -s nowhere folder/dangling; ln -s /etc/passwd folder/absolute; ln -s ../.. folder/out; ln -s . folder/self
ln -s folder/real.txt to-file; ln -s folder to-folder
echo hard >hard-one; ln hard-one hard-two
