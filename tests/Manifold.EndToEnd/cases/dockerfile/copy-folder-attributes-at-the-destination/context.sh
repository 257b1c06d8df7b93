mkdir -m 700 folder; mkdir -m 711 folder/sub; echo x >folder/sub/x
