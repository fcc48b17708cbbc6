/** What a person sees who opens the northbound in a browser. */
export function frontPage(version: string): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Heliograph</title>
<style>body { font: 1rem/1.5 system-ui, sans-serif; max-width: 40rem; margin: 4rem auto; padding: 0 1rem }</style>
<h1>Heliograph</h1>
<p>This is the managers' side of an auto configuration server (ACS) for TR-069 devices, version ${version}.</p>
<ul>
<li><a href="/api/v1/openapi.json">The API as an OpenAPI document</a></li>
<li><a href="/readyz">Whether the server is ready</a></li>
</ul>
<p>Everything else needs a token: <code>Authorization: Bearer &lt;token&gt;</code>. On the server's own machine the
command <code>heliograph devices</code> brings its own.</p>
</html>
`;
}
