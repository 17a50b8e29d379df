import { htmlHead } from './html-head';

/** The page where an operator signs in. @param problem what was wrong with the last try; plain text of ours. */
export function signInPage(problem: string | null): string {
  return `${htmlHead('Sign in · realtime-fleet')}<link rel="stylesheet" href="/assets/page.css">
</head>
<body class="sign-in">
<main>
<h1>realtime-fleet</h1>
<form method="post" action="/sign-in">
<label for="key">API key</label>
<input id="key" name="key" type="password" autocomplete="current-password" required autofocus${problem === null ? '' : ' aria-invalid="true" aria-describedby="problem"'}>
${problem === null ? '' : `<p id="problem" role="alert">${problem}</p>\n`}<button type="submit">Sign in</button>
</form>
</main>
</body>
</html>
`;
}
