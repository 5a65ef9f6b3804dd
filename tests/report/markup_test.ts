import assert from "node:assert/strict";
import { markup, trusted } from "../../lib/report/markup.ts";

Deno.test("markup escapes text in content and attributes, and keeps markup, lists and nothing", () => {
  const hostile = `"><script>alert('x')</script>&`;
  assert.equal(
    String(markup`<a title="${hostile}">${hostile}${[
      markup`<b>1</b>`,
      "<",
      2,
    ]}${null}${false}${undefined}</a>`),
    '<a title="&quot;&gt;&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&amp;">&quot;&gt;&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&amp;<b>1</b>&lt;2</a>',
  );
  assert.equal(String(markup`${trusted("<i>")}`), "<i>");
});

Deno.test("markup shows terminal escapes and marks of direction in place of sending them", () => {
  assert.equal(
    String(markup`${"a\u001b[31mb\u0007\u202ec\n\td"}`),
    "a\u241b[31mb\u2407\\u202ec\n\td",
  );
});
