module example.org/component

go 1.19
