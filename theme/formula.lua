-- Every formula of the PDF has a text, that of its TeX source: without one it could not be read aloud.
if not FORMAT:match 'typst' then return {} end

local function formula(math)
  local source = pandoc.write(pandoc.Pandoc { pandoc.Plain { math } }, 'typst')
  local alt = math.text:gsub('%s+', ' '):gsub('[\\"]', '\\%0')
  local block = math.mathtype == 'DisplayMath' and 'true' or 'false'
  local body = source:match '^%s*(.-)%s*$'
  return pandoc.RawInline('typst', '#math.equation(block: ' .. block .. ', alt: "' .. alt .. '", ' .. body .. ')')
end

return { { Math = formula } }
