module handler

go 1.25.0
