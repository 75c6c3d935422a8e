# Node and all else that builds stays in the first stage; the second holds Python, the gateway and what it imports.
FROM python:3.13-slim AS build
WORKDIR /src
COPY . .
RUN scripts/build /wheel
RUN scripts/install /opt/gateway /wheel

FROM python:3.13-slim
COPY --from=build /opt/gateway /opt/gateway
ENV PATH=/opt/gateway/bin:$PATH PYTHONUNBUFFERED=1
USER 65532:65532
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s \
  CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8000/healthz', timeout=2)"]
ENTRYPOINT ["gateway"]
CMD ["serve", "--host", "0.0.0.0"]
