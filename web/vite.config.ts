import react from '@vitejs/plugin-react'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vite'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

/// The server writes the pages; this builds what they load. Three entries: every public page's script and style, the colour
/// scheme that is set before the first paint, and the staff app.
export default defineConfig({
    root: here('.'),
    plugins: [react()],
    resolve: { alias: { '@messages': here('../messages') } },
    build: {
        outDir: 'dist',
        emptyOutDir: true,
        manifest: true,
        target: 'es2022',
        modulePreload: { polyfill: false },
        // Inlined files would need data: in places where the content security policy does not allow it.
        assetsInlineLimit: 0,
        chunkSizeWarningLimit: 1300,
        reportCompressedSize: false,
        rollupOptions: {
            input: { page: here('src/page.ts'), theme: here('src/shell/theme.ts'), staff: here('staff.html') },
        },
    },
    server: { proxy: { '/api': 'http://127.0.0.1:8080', '/live': 'http://127.0.0.1:8080' } },
})
