// What the live pages need beyond the look of a report.

/** Added to the style sheet of reports. */
export const LIVE_STYLE = `
nav .home{font-weight:600}
#live{margin-left:auto;color:var(--quiet)}
#live::before{content:"";display:inline-block;width:9px;height:9px;border-radius:5px;margin-right:6px;background:var(--waiting);border:1px solid var(--line)}
#live[data-state=live]::before{background:var(--good)}#live[data-state=lost]::before{background:var(--bad)}
.query{display:flex;flex-wrap:wrap;gap:10px 14px;align-items:end;margin:12px 0}
.query label{display:flex;flex-direction:column;font-size:13.5px;color:var(--quiet);flex:1 1 150px;max-width:330px}
.query input,.query button{font:inherit;color:var(--ink);background:var(--card);border:1px solid var(--line);border-radius:6px;padding:6px 9px;min-height:38px}
.query button{cursor:pointer}.query input:focus-visible,.query button:focus-visible{outline:3px solid var(--accent);outline-offset:1px}
.runs{width:100%}.runs td,.runs th{white-space:nowrap}.runs td.text{white-space:normal;min-width:180px;overflow-wrap:anywhere}
.badge.done{background:var(--reuse)}.badge.queued{background:var(--waiting)}
@media (max-width:600px){.runs,.runs tbody,.runs tr,.runs td,.runs th{display:block;white-space:normal}
.runs thead{display:none}.runs tr{border-bottom:1px solid var(--line);padding:10px 0}
.runs tbody th{font-size:16px;border:0;padding:0}.runs td{display:inline-block;border:0;padding:1px 14px 1px 0}.runs td.text{display:block}
.runs td[data-name]::before{content:attr(data-name) ": ";color:var(--quiet)}.runs td:empty{display:none}}
`;
