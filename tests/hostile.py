"""Text that is up to no good, for every place where a page shows text that came from elsewhere."""

SCRIPT = "<script>document.title = 'broken in'</script><img src=x onerror=\"document.title = 'broken in'\">"
MARKUP = (
    "**bold** _it_ `code` $x^2$ ~~gone~~ [link](javascript:alert(1)) ![p](p.png) # heading | cell | @wu2018 @fig-lost "
    '{{< include /etc/passwd >}} {{< pagebreak >}} ::: {.callout} \\pagebreak #eval("1") {=html} &lt; &amp; <!-- c -->'
)
QUOTES = 'it\'s "quoted" ‘so’ “so” \\ \\\\ \\" %s {0} ${HOME} $(id) `id` http://example.org/?a=b&c www.example.org'
ORDER = "left \u202eright to left\u202c שלום عربي \u2066isolated\u2069 \u200f end"
RARE = "😀👩‍👩‍👧 漢字 ꙮ \U000e0041 \ue000 \u0378 e\u0301 a\u0308\u0301\u0301\u0301\u0301\u0301 \ufdfd"
CONTROLS = "bell\x07 escape\x1b[31m null\x00 tab\t line\nreturn\r\u2028\u2029\x85 \x7f \ufeff \u200b \xad"
LONG = "x" * 10_000

TEXTS = {
    "script": SCRIPT,
    "markup": MARKUP,
    "quotes": QUOTES,
    "order": ORDER,
    "rare": RARE,
    "controls": CONTROLS,
    "long": LONG,
}
