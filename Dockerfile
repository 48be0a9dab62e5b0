# The image of ssakv: one program for setup, worker, http and the command line.
FROM node:24-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY . .
RUN npm run build
RUN npm prune --omit=dev --no-audit --no-fund

FROM node:24-bookworm-slim
ENV NODE_ENV=production SSAKV_CONFIG=/etc/ssakv/ssakv.yaml
WORKDIR /app
COPY --from=build /app/package.json /app/LICENSE ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
# An unprivileged account that the base image has; nothing below /app is writable for it.
USER node
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s CMD ["node", "dist/client/cli/main.js", "health", "http://127.0.0.1:8085/healthz"]
ENTRYPOINT ["node", "dist/client/cli/main.js"]
CMD ["--help"]
