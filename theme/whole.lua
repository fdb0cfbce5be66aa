-- A short listing stays on one page of the PDF.
if not FORMAT:match 'typst' then return {} end

local MOST = 30 -- lines; a longer one may be parted

local function whole(code)
  local _, breaks = code.text:gsub('\n', '')
  if breaks >= MOST then return nil end
  return { pandoc.RawBlock('typst', '#block(breakable: false)['), code, pandoc.RawBlock('typst', ']') }
end

return { { CodeBlock = whole } }
