mkdir folder; echo a >folder/plain; echo b >folder/run; chmod 755 folder/run; mkdir -m 700 folder/private; echo s >folder/private/s; chmod 640 folder/private/s
