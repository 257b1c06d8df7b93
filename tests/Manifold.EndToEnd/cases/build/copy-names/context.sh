echo h >.hidden; echo s >'name with spaces'; echo u >ünïcödé.txt; mkdir 漢字; echo k >漢字/ファイル; echo b >'[bracket]'
long=$(printf 'long-%.0s' $(seq 40))
mkdir -p "sub/$long/$long"; echo l >"sub/$long/$long/$long"; echo '!' >'sub/#!~"'\''$x'; printf 'x' >"sub/$(printf 'tab\there')"; mkdir sub/deep; echo d >sub/deep/d
