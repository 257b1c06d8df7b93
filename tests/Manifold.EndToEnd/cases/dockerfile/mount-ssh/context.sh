ssh-keygen -q -t ed25519 -N '' -C corpus -f key; rm key.pub; printf 'key\n' >.dockerignore
