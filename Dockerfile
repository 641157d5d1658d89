# One image for worker, beat, Flower, the emulator and the command line.
FROM python:3.13-slim AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /src
RUN python3 -m venv /opt/laike
COPY requirements.lock ./
RUN /opt/laike/bin/pip install --quiet --require-hashes -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY pipeline pipeline
COPY worker worker
COPY cli cli
COPY emulator emulator
# pip is of no use in the image; the bytecode saves every start a second, since the image is read-only
RUN /opt/laike/bin/pip install --quiet --no-deps . \
    && /opt/laike/bin/pip uninstall --quiet --yes pip \
    && python3 -m compileall -q -j 0 /opt/laike

FROM python:3.13-slim
LABEL org.opencontainers.image.title="laike-sync" \
      org.opencontainers.image.description="Daily 抖音来客 / 巨量本地推 promotion figures in a Feishu Bitable" \
      org.opencontainers.image.licenses="MIT"
COPY --from=build /opt/laike /opt/laike
# /data: token mirror and Flower's state. /demo: in the demo, and only there, the settings that the environment lacks.
# Celery takes a group without a name for root's.
RUN echo 'laike:x:10001:' >>/etc/group \
    && echo 'laike:x:10001:10001::/tmp:/usr/sbin/nologin' >>/etc/passwd \
    && mkdir -p /data /demo /srv/laike \
    && ln -s /demo/.env /srv/laike/.env \
    && chown 10001:10001 /data /demo
ENV PATH=/opt/laike/bin:$PATH PYTHONUNBUFFERED=1 HOME=/tmp
# a worker's threads share one heap and give back what they no longer need: a quarter less memory in a long backfill
ENV MALLOC_ARENA_MAX=1 MALLOC_MMAP_THRESHOLD_=65536 MALLOC_TRIM_THRESHOLD_=65536
WORKDIR /srv/laike
USER 10001:10001
CMD ["laike", "--help"]
