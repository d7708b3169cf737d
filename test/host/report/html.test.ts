import { suite } from "uvu";
import * as assert from "uvu/assert";
import { escapeHtml, html, markup } from "../../../host/report/html.ts";

const template = suite("html");

template("escapes what is inserted, in elements and in attributes", () => {
  const name = `<script>alert("1")</script> & 'x'`;
  const { html: text } = html`<p title="${name}">${name}</p>`;
  const escaped = "&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; &#39;x&#39;";
  assert.is(text, `<p title="${escaped}">${escaped}</p>`);
  assert.is(escapeHtml("a < b"), "a &lt; b");
});

template("takes markup, lists, numbers and nothing", () => {
  const items = ["a", "<b>"].map((item) => html`<li>${item}</li>`);
  assert.is(html`<ul>${items}</ul>${null}${0}${markup("<hr>")}`.html, "<ul><li>a</li><li>&lt;b&gt;</li></ul>0<hr>");
});

template.run();
