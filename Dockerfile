# One image for every role (CARILLON_ROLES). It brings no Postgres: CARILLON_DATABASE_URL must name one.
# The UI is built apart: its tools are optional packages and stay out of the image.
FROM node:24-slim AS ui
WORKDIR /app
COPY . .
RUN npm ci && node tools/build-web.mjs

FROM node:24-slim

# Checks the signatures of certified mail. Without it they all count as not verified.
RUN apt-get update && apt-get install -y --no-install-recommends openssl && rm -rf /var/lib/apt/lists/*

WORKDIR /app
ENV NODE_ENV=production \
    NODE_COMPILE_CACHE=/app/.compile-cache \
    CARILLON_HOST=0.0.0.0 \
    NODE_OPTIONS="--max-semi-space-size=16 --v8-pool-size=1" \
    CARILLON_DATA_DIR=/data

# The manifests first: the layer with the dependencies is made again only when they change. Node is there already, and
# the embedded Postgres is not used here: both come as optional packages and are left out.
COPY package.json package-lock.json .npmrc ./
COPY packages/domain/package.json packages/domain/
COPY packages/connectors/package.json packages/connectors/
COPY packages/server/package.json packages/server/
COPY packages/functions/package.json packages/functions/
COPY packages/client/package.json packages/client/
COPY packages/testkit/package.json packages/testkit/
COPY packages/web/package.json packages/web/
RUN npm ci --omit=dev --omit=optional || npm install --omit=dev --omit=optional --no-save

COPY . .
COPY --from=ui /app/packages/web/dist packages/web/dist
RUN mkdir -p /data .compile-cache && chown node:node /data .compile-cache
USER node
VOLUME /data
EXPOSE 8080

# No shell and no npm in between: the signals reach the process that knows how to stop.
ENTRYPOINT ["node", "packages/server/src/main.ts"]
CMD ["serve"]
