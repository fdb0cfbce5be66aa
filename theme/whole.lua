-- A listing in the PDF: a short one stays on one page, before a long one the pictures that wait are placed (typst can
-- fail where one waits while a block goes on on the next page), and no line of it is stretched, which would shift it.
if not FORMAT:match 'typst' then return {} end

local MOST = 30 -- lines; a longer one may be parted

local function whole(code)
  local _, breaks = code.text:gsub('\n', '')
  local block = breaks < MOST and '#block(breakable: false)[' or '#place.flush()\n#block['
  return { pandoc.RawBlock('typst', block .. '#set par(justify: false)'), code, pandoc.RawBlock('typst', ']') }
end

return { { CodeBlock = whole } }
