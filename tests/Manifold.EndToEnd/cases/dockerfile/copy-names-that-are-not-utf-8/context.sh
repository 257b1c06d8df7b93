mkdir sub; echo l >"$(printf 'sub/latin-\344')"; mkdir "$(printf 'sub/\377folder')"; echo i >"$(printf 'sub/\377folder/inside')"
