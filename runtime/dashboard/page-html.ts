import { htmlHead } from './html-head';

/** The live page before its program has filled it. */
export function pageHtml(): string {
  return `${htmlHead('realtime-fleet')}<link rel="icon" href="data:,">
<link rel="stylesheet" href="/assets/page.css">
<script src="/assets/page.js" defer></script>
</head>
<body>
<a class="skip" href="#events">Skip to the events</a>
<header class="top">
<h1 id="stack">realtime-fleet</h1>
<p id="link" class="link" data-state="waiting" role="status">connecting …</p>
<ul id="balancers" class="balancers" aria-label="Balancers"></ul>
<fieldset class="ranges">
<legend class="hidden">Time that the charts show</legend>
<label><input type="radio" name="range" value="minutes" checked><span>10 minutes</span></label>
<label><input type="radio" name="range" value="hours"><span>12 hours</span></label>
</fieldset>
<form method="post" action="/sign-out"><button type="submit" class="quiet">Sign out</button></form>
</header>
<div id="banners" role="status"></div>
<div class="board">
<main id="clusters" class="clusters"><p class="empty">Waiting for the first picture …</p></main>
<aside class="side">
<section id="bees" class="card" aria-labelledby="bees-title" hidden>
<h2 id="bees-title">Bees</h2>
</section>
<section id="events" class="card events" aria-labelledby="events-title" tabindex="-1">
<h2 id="events-title">Events and decisions</h2>
<div class="filters">
<label>About <select id="about"></select></label>
<label class="grow"><span class="hidden">Filter by text</span><input id="filter" type="search" placeholder="Filter: node, cluster, reason …" autocomplete="off"></label>
</div>
<ol id="log" class="log" tabindex="0" aria-label="Events, newest first"></ol>
<p id="no-events" class="empty" hidden>Nothing has happened that fits.</p>
</section>
</aside>
</div>
<p id="announced" class="hidden" aria-live="polite"></p>
</body>
</html>
`;
}
