// How a page looks: in light and dark, on a phone and on paper.

/** The style sheet. Colours are variables, so that drawings follow them. */
export const PAGE_STYLE = `
:root{color-scheme:light dark;--page:#fff;--card:#f6f6f4;--ink:#1b1e24;--quiet:#575d68;--line:#d9d9d5;--accent:#1f5fae;
--c0:#1f5fae;--c1:#b3500a;--c2:#2b7a3d;--c3:#7a3fa0;--c4:#0f7480;--c5:#a02c55;
--good:#1c7034;--bad:#b3261e;--warn:#8a5a00;
--run:#dbe9fa;--reuse:#e3eee4;--resume:#ece2f6;--failed:#fbdedb;--stopped:#fbecc9;--waiting:#ececea}
@media (prefers-color-scheme:dark){:root{--page:#14161a;--card:#1d2026;--ink:#e9e7e2;--quiet:#a6abb5;--line:#363b44;--accent:#8bbcf5;
--c0:#7db3f2;--c1:#f2a65a;--c2:#7fcf92;--c3:#c79bea;--c4:#5fcbd6;--c5:#f08bb0;
--good:#7fcf92;--bad:#ff9a90;--warn:#f0c264;
--run:#1d3552;--reuse:#22382a;--resume:#382a4a;--failed:#53221f;--stopped:#4a3a14;--waiting:#2a2d33}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--ink);font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",sans-serif}
header,main,footer{max-width:1120px;margin:0 auto;padding:0 20px}
main{padding-bottom:40px}
a{color:var(--accent)}
a:focus-visible,summary:focus-visible,input:focus-visible,.wide:focus-visible{outline:3px solid var(--accent);outline-offset:2px;border-radius:3px}
.skip{position:absolute;left:-9999px}.skip:focus{left:8px;top:8px;background:var(--page);padding:6px 10px;z-index:2}
nav{display:flex;flex-wrap:wrap;gap:4px 16px;padding:14px 0;font-size:14px;border-bottom:1px solid var(--line)}
nav a{text-decoration:none}nav a:hover{text-decoration:underline}
h1{font-size:26px;line-height:1.3;margin:6px 0 12px;text-wrap:balance;overflow-wrap:anywhere}
h1.better{color:var(--good)}h1.worse{color:var(--bad)}
h2{font-size:20px;margin:40px 0 10px}
h3{font-size:17px;margin:26px 0 6px;display:flex;gap:10px;align-items:baseline;flex-wrap:wrap;overflow-wrap:anywhere}
p{margin:6px 0}
small,.small,.note,.eyebrow,.facts{color:var(--quiet);font-size:13.5px}
code,pre{font:13px/1.45 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;overflow-wrap:anywhere}
pre{background:var(--card);padding:12px;border-radius:6px;white-space:pre-wrap;max-height:420px;overflow:auto}
#verdict{padding:26px 0 4px}
.eyebrow{font-size:14.5px}
.failure{color:var(--bad);overflow-wrap:anywhere;white-space:pre-wrap}
.metrics{display:flex;flex-wrap:wrap;gap:8px 28px;margin:12px 0}
.metrics div{min-width:84px}
.metrics dt{font-size:13px;color:var(--quiet);overflow-wrap:anywhere}
.metrics dd{margin:0;font-size:17px;font-variant-numeric:tabular-nums;overflow-wrap:anywhere}
.wide{overflow-x:auto;max-width:100%}
table{border-collapse:collapse;font-size:14px;margin:8px 0}
caption{text-align:left;color:var(--quiet);padding-bottom:4px}
th,td{text-align:left;vertical-align:top;padding:5px 14px 5px 0;border-bottom:1px solid var(--line)}
thead th{color:var(--quiet);font-weight:500}
tbody th{font-weight:600}.values tbody th{font-weight:400}
td small{display:block}.number{text-align:right;font-variant-numeric:tabular-nums}
td.trained{color:var(--good)}td.frozen{color:var(--c0)}td.quiet,td.unused{color:var(--quiet)}
.step{border-top:1px solid var(--line);padding-bottom:6px}
.many .step{content-visibility:auto;contain-intrinsic-size:auto 700px}
.step h3{margin-top:18px}
.badge{border-radius:10px;padding:1px 9px;font-weight:500;color:var(--ink)}
.legend{list-style:none;display:flex;flex-wrap:wrap;gap:4px 18px;padding:0;margin:8px 0;font-size:13.5px;color:var(--quiet)}
.swatch{display:inline-block;width:13px;height:13px;border-radius:3px;margin-right:6px;vertical-align:-1px;border:1px solid var(--line)}
.swatch.run,.badge.run,.swatch.running,.badge.running{background:var(--run)}
.swatch.reuse,.badge.reuse{background:var(--reuse)}.swatch.resume,.badge.resume{background:var(--resume)}
.swatch.failed,.badge.failed,.swatch.damaged,.badge.damaged{background:var(--failed)}
.swatch.stopped,.badge.stopped{background:var(--stopped)}.swatch.waiting,.badge.waiting{background:var(--waiting)}
svg text{fill:var(--ink);font:11px system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
svg .small,.axis text{fill:var(--quiet);font-size:10.5px}
.graph{max-width:none;display:block}
.graph rect{fill:var(--run);stroke:var(--line)}
.graph .name{font-size:13.5px;font-weight:600}
.graph .reuse rect{fill:var(--reuse)}.graph .resume rect{fill:var(--resume)}
.graph .failed rect,.graph .damaged rect{fill:var(--failed);stroke:var(--bad)}
.graph .stopped rect{fill:var(--stopped)}.graph .waiting rect{fill:var(--waiting);stroke-dasharray:4 3}
.graph .running rect{stroke:var(--accent);stroke-width:2}
.node:focus-visible rect{stroke:var(--accent);stroke-width:3}
.edge{fill:none;stroke:var(--quiet);stroke-width:1.3}
.charts{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(330px,100%),1fr));gap:18px 22px;margin:14px 0 4px}
figure{margin:0}figcaption{font-size:14px}figcaption small{display:block}
.chart{display:block;width:100%;height:auto}
.axis path{stroke:var(--line);fill:none}
.line{fill:none;stroke-width:16;stroke-linejoin:round}
.raw{opacity:.38;stroke-width:10}.dots{stroke-width:58;stroke-linecap:round}
.c0{stroke:var(--c0)}.c1{stroke:var(--c1)}.c2{stroke:var(--c2)}.c3{stroke:var(--c3)}.c4{stroke:var(--c4)}.c5{stroke:var(--c5)}
.key i{display:inline-block;width:14px;height:0;border-top:3px solid;vertical-align:3px;margin:0 4px 0 8px}
.key .c0{border-color:var(--c0)}.key .c1{border-color:var(--c1)}.key .c2{border-color:var(--c2)}.key .c3{border-color:var(--c3)}.key .c4{border-color:var(--c4)}.key .c5{border-color:var(--c5)}
.epoch{stroke:var(--quiet)}path.resume{stroke:var(--c3);stroke-dasharray:4 3}.transition{stroke:var(--good);stroke-width:1.5}
.threshold{stroke:var(--c5);stroke-dasharray:2 3}
.plot{max-width:620px;margin:14px 0}
.zero{stroke:var(--quiet)}.interval{fill:none;stroke-width:2.5;stroke:var(--quiet)}.intervals circle{fill:var(--quiet)}.label{font-weight:600}
.better .interval{stroke:var(--good)}.better circle{fill:var(--good)}.worse .interval{stroke:var(--bad)}.worse circle{fill:var(--bad)}
.bars{stroke:var(--c0);stroke-width:2}
.pictures{display:flex;flex-wrap:wrap;gap:20px;margin:14px 0}
.strip{max-width:100%}
.strip img{max-width:100%;height:auto;display:block;image-rendering:pixelated;background:var(--card)}
.strip img[hidden]{display:none}
.strip input{width:min(320px,100%);display:block;margin:6px 0;accent-color:var(--accent);height:26px}
output{color:var(--quiet);font-variant-numeric:tabular-nums}
details{margin:6px 0;padding-bottom:4px}
summary{cursor:pointer;padding:3px 0}summary small{margin-left:10px}
.grants dt{font-weight:600;font-size:14px}.grants dd{margin:0 0 8px}.grants code{display:block}
footer{color:var(--quiet);font-size:13px;padding-top:16px;padding-bottom:40px}main footer{padding-left:0;padding-right:0}
@media (max-width:600px){body{font-size:15px}h1{font-size:21px}header,main,footer{padding-left:14px;padding-right:14px}.metrics{gap:6px 20px}
.graph.narrow{max-width:100%;height:auto}.plot{overflow-x:auto}.plot .intervals{min-width:520px}}
@media print{:root{color-scheme:light;--page:#fff;--card:#f6f6f4;--ink:#000;--quiet:#444;--line:#bbb;--accent:#1f5fae;
--c0:#1f5fae;--c1:#b3500a;--c2:#2b7a3d;--c3:#7a3fa0;--c4:#0f7480;--c5:#a02c55;--good:#1c7034;--bad:#b3261e;--warn:#8a5a00;
--run:#dbe9fa;--reuse:#e3eee4;--resume:#ece2f6;--failed:#fbdedb;--stopped:#fbecc9;--waiting:#ececea}
body{font-size:11pt;print-color-adjust:exact;-webkit-print-color-adjust:exact}
nav,.skip,.strip input{display:none}.many .step{content-visibility:visible}figure,tr{break-inside:avoid}h2,h3{break-after:avoid}
.charts{grid-template-columns:1fr 1fr}pre{max-height:none}
.graph{max-width:100%;height:auto}details::details-content{content-visibility:visible;display:block}}
`;
