group "default" { targets = ["images", "tool"] }
group "images" { targets = ["web", "db"] }
group "all" { targets = ["default", "unused"] }
target "web" { tags = ["web"] }
target "db" { tags = ["db:2"] }
target "tool" { tags = ["tool"] }
target "unused" { tags = ["unused"] }
