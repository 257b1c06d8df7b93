for file in a.txt rooted.txt README.md other.md x.log folder/y.log folder/a folder/private/no folder/private/but-this folder/deep/er/z.log \
  folder/deep/er/README.md docs/a.html docs/keep/b.html docs/keep/c.css space folder/space .git/config folder/.git/config; do
  mkdir -p "$(dirname "$file")"; echo "$file" >"$file"
done
