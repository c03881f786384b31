/** What the browser gets when the UI has not been built: what is missing and what to do. The API works without it. */

/** Without styles and scripts: the API's policy holds for it. */
export const missingPage = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Carillon: the UI is not built</title></head>
<body>
<h1>The UI is not built</h1>
<p>The server runs, and its API works: see <a href="/api/docs">/api/docs</a>.</p>
<p>To build the UI, run <code>npm run build:web</code> in the folder of Carillon, then load this page again. When
<code>npm start</code> could not build it, its output says why.</p>
<p lang="it">L'interfaccia non è stata compilata. Il server funziona: esegui <code>npm run build:web</code> e ricarica la pagina.</p>
</body>
</html>
`
