# What git does not keep: modes and empty folders.
mkdir -p folder/inner folder/empty
echo new >folder/file; echo x >folder/setuid; echo i >folder/inner/i
chmod 750 folder; chmod 2770 folder/inner; chmod 1777 folder/empty; chmod 4755 folder/setuid; chmod 604 folder/file
