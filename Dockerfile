# One image for worker, beat, Flower, the console, the emulator and the command line.
ARG PYTHON_IMAGE=python:3.13-slim
FROM ${PYTHON_IMAGE} AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /src
# all packages are locked by hash, those that build the wheel, too; no other package is built
RUN python3 -m venv /opt/laike && python3 -m venv /opt/build
COPY requirements.lock requirements-build.lock ./
RUN /opt/laike/bin/pip install --quiet --require-hashes --only-binary :all: -r requirements.lock \
    && /opt/build/bin/pip install --quiet --require-hashes --only-binary :all: -r requirements-build.lock
COPY pyproject.toml README.md LICENSE ./
COPY pipeline pipeline
COPY worker worker
COPY cli cli
COPY console console
COPY emulator emulator
COPY lab lab
# the image needs no pip; it is read-only, so bytecode made here saves a second at each start
RUN /opt/build/bin/pip wheel --quiet --no-index --no-deps --no-build-isolation --wheel-dir /dist . \
    && /opt/laike/bin/pip install --quiet --no-index --no-deps /dist/*.whl \
    && /opt/laike/bin/pip uninstall --quiet --yes pip \
    && python3 -m compileall -q -j 0 /opt/laike

FROM ${PYTHON_IMAGE}
LABEL org.opencontainers.image.title="laike-sync" \
      org.opencontainers.image.description="Daily 抖音来客 / 巨量本地推 promotion figures in a Feishu Bitable" \
      org.opencontainers.image.licenses="MIT"
COPY --from=build /opt/laike /opt/laike
# /data: a service's own volume. /volumes: the other services', for `check`, which copies files of an earlier release.
# /demo: settings, in the demo only.
# Celery takes a group without a name for root.
RUN echo 'laike:x:10001:' >>/etc/group \
    && echo 'laike:x:10001:10001::/tmp:/usr/sbin/nologin' >>/etc/passwd \
    && mkdir -p /data /demo /volumes/beat /volumes/flower /srv/laike \
    && ln -s /demo/.env /srv/laike/.env \
    && chown 10001:10001 /data /demo /volumes/*
ENV PATH=/opt/laike/bin:$PATH PYTHONUNBUFFERED=1 HOME=/tmp
# one heap for all threads, free memory returned early: a long backfill takes a quarter less memory
ENV MALLOC_ARENA_MAX=1 MALLOC_MMAP_THRESHOLD_=65536 MALLOC_TRIM_THRESHOLD_=65536
WORKDIR /srv/laike
USER 10001:10001
CMD ["laike", "--help"]
