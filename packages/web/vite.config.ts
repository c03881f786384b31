/**
 * How the UI is built: hashed files below dist/assets, compressed ahead of time, and a manifest that the server and the
 * tests read. `npm run dev:web` serves it with changes as they are made, with a server's API behind it.
 */
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'
import react from '@vitejs/plugin-react'
import { defineConfig, type Plugin } from 'vite'

const api = process.env['CARILLON_URL'] ?? 'http://127.0.0.1:8080'
/** The session's cookie counts only for requests that come from the server's own address. */
const proxied = { target: api, changeOrigin: false }
const isCompressible = /\.(?:js|css|svg|json|html)$/
/** Below this a compressed file is no smaller on the wire. */
const leastBytes = 512

/** Writes `x.br` and `x.gz` beside every file worth it. */
const precompress = (): Plugin => {
  const state = { dist: '' }
  return {
    name: 'carillon:precompress',
    apply: 'build',
    configResolved: ({ root, build }) => {
      state.dist = resolve(root, build.outDir)
    },
    writeBundle: async () => {
      const { dist } = state
      const files = await readdir(dist, { recursive: true })
      await Promise.all(
        files
          .filter((file) => isCompressible.test(file) && file !== 'index.html')
          .map(async (file) => {
            const bytes = await readFile(join(dist, file))
            if (bytes.length < leastBytes) return
            const quality = { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } }
            await writeFile(
              join(dist, `${file}.br`),
              await promisify(brotliCompress)(bytes, quality),
            )
            await writeFile(join(dist, `${file}.gz`), await promisify(gzip)(bytes, { level: 9 }))
          }),
      )
    },
  }
}

/**
 * What goes together into one file: React, which changes seldom and stays in the browser's cache; the small facts of features
 * that the routes need; and what many pages share. Without the last two a first visit is 120 requests of half a kilobyte each, and
 * takes a second longer on a busy machine. What few pages need stays apart.
 */
const groups = [
  // In one file, so that ours come after the library's, whose rules weigh as much.
  { name: 'styles', test: /\.css$/, priority: 4 },
  { name: 'react', test: /node_modules[\\/](?:react|react-dom|scheduler)[\\/]/, priority: 3 },
  {
    name: 'places',
    test: /src[\\/]features[\\/][^\\/]+[\\/](?:[a-z-]+-)?(?:routes|search|states?|steps|tabs)\.ts$/,
    priority: 2,
  },
  {
    name: 'shared',
    test: /node_modules|src[\\/](?:app|components)[\\/]/,
    minShareCount: 12,
    priority: 1,
  },
]

export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  plugins: [react(), precompress()],
  server: { proxy: { '/api': proxied, '/health': proxied } },
  build: {
    target: 'es2022',
    // The first that know light-dark(): lowered for older ones it loses Mantine's colour scheme.
    cssTarget: ['chrome123', 'edge123', 'firefox120', 'safari17.5'],
    manifest: 'manifest.json',
    modulePreload: { polyfill: false },
    // What is inlined would need `data:` in the policy for scripts and styles.
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    rolldownOptions: { output: { codeSplitting: { groups } } },
  },
})
