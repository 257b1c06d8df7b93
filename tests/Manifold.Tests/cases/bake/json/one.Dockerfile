FROM localhost:5001/busybox:1 AS small
ARG WORD=one
RUN echo $WORD >/word
FROM small
RUN echo large >/large
