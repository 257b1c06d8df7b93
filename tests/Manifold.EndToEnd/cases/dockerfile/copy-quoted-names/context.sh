echo s >'name with spaces'
