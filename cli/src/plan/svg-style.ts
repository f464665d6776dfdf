/** Colours by what a thing is; the dark ones where the viewer asks for dark. */
export const svgStyle = `
.plan { --paper: #ffffff; --ink: #1c2330; --soft: #5d6779; --line: #8a94a6; --box: #ffffff; --edge: #cdd4df;
  --group: #5b6fd60f; --group-paper: #eef0fa; --group-edge: #b9c3ea; --accent: #3f51b5; --tool: #0f766e;
  --shell: #9a5b00; --http: #7c3aed; --render: #2563eb; --flow: #64748b; --fail: #c62828; --note: #8a5a00; --go: #15803d; }
@media (prefers-color-scheme: dark) {
  .plan { --paper: #12161f; --ink: #e8ecf4; --soft: #9aa5b8; --line: #76829a; --box: #1b2130; --edge: #39445a;
    --group: #8c9eff10; --group-paper: #1a2033; --group-edge: #3d4a80; --accent: #a5b4fc; --tool: #5eead4;
    --shell: #fbbf24; --http: #c4b5fd; --render: #93c5fd; --flow: #94a3b8; --fail: #ff8a80; --note: #fcd34d; --go: #4ade80; }
}
.plan text { font-family: ui-sans-serif, system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
.paper { fill: var(--paper); }
.box rect { fill: var(--box); stroke: var(--edge); stroke-width: 1.2; }
.box .mark { stroke: none; fill: var(--flow); }
.box .name { fill: var(--ink); font-weight: 600; font-size: 14px; }
.kind { fill: var(--soft); font-size: 12px; }
.condition { fill: var(--note); font-size: 12px; }
.kind-tool .mark { fill: var(--tool); } .kind-shell .mark { fill: var(--shell); } .kind-http .mark { fill: var(--http); }
.kind-render .mark { fill: var(--render); } .kind-fail .mark, .kind-end .mark { fill: var(--fail); }
.group rect { fill: var(--group); stroke: var(--group-edge); stroke-width: 1.2; }
.title { paint-order: stroke; stroke: var(--group-paper); stroke-width: 5px; stroke-opacity: 0.7; stroke-linejoin: round; fill: var(--accent); font-size: 14px; font-weight: 600; }
.title .detail { fill: var(--soft); font-size: 12px; font-weight: 400; }
.line { fill: none; stroke: var(--line); stroke-width: 1.5; }
.line.error { stroke: var(--fail); stroke-dasharray: 5 4; }
.head { fill: var(--line); } .head.error { fill: var(--fail); }
.label rect { fill: var(--paper); stroke: var(--edge); stroke-width: 0.8; }
.label text { fill: var(--note); font-size: 12px; } .label.error text { fill: var(--fail); }
.start { fill: var(--go); } .pass { fill: var(--paper); stroke: var(--line); stroke-width: 1.5; }
`
