module example.org/autoscaler

go 1.19
