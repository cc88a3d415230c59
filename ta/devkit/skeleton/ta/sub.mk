global-incdirs-y += include
srcs-y += @name@_ta.c
