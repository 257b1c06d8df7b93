module example.org/oauth-proxy

go 1.19
