# Madlen alone; docker-compose.yml adds Jaeger and keeps the data.
FROM python:3.13-slim

# llama.cpp needs the OpenMP library, which the slim image leaves out.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends libgomp1 \
    && rm -rf /var/lib/apt/lists/*

ENV DATABASE_URL=sqlite:////data/chat.db \
    XDG_CACHE_HOME=/data/cache \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_NO_CACHE_DIR=1 \
    PYTHONUNBUFFERED=1

WORKDIR /app
COPY requirements.lock ./
RUN pip install --require-hashes -r requirements.lock

# A new volume takes over the owner of the folder it covers.
RUN useradd --uid 10001 --create-home madlen \
    && install --directory --owner=madlen --group=madlen /data /data/cache

COPY .streamlit .streamlit
COPY madlen madlen
COPY pages pages
COPY app.py ./

# Who runs it may write nothing here, and each start would compile it anew.
RUN python -m compileall -q madlen

USER madlen
VOLUME /data
EXPOSE 8501

HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import urllib.request as r; r.build_opener(r.ProxyHandler({})).open('http://127.0.0.1:8501/api/health', timeout=4)"]

# All addresses of the container; which ones of the machine is said where its port is published.
CMD ["streamlit", "run", "app.py", "--server.address=0.0.0.0", "--server.port=8501"]
