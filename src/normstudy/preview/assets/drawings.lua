-- In HTML a drawing of `normstudy.report.markup.figure` becomes part of the page: its colours follow the page, light or
-- dark, and the outline of a letter, which all drawings name alike, is there once.
-- A filter of both renderers.

if not FORMAT:match 'html' then return {} end

local outlines = {} -- names of those that the page has already
local dark = {} -- by a drawing's colour, the one that it has on a dark page

local function read(path)
  local file = path:match '%.svg$' and io.open(path)
  if not file then return '' end
  local text = file:read 'a'
  file:close()
  return text
end

local function once(outline, name)
  local known = outlines[name]
  outlines[name] = true
  return known and '' or outline
end

local function escaped(text)
  return text:gsub('[&<>"]', { ['&'] = '&amp;', ['<'] = '&lt;', ['>'] = '&gt;', ['"'] = '&quot;' })
end

local function drawing(picture)
  local text = read(picture.src)
  local colours = text:match '^<svg data%-dark="([^"]*)"'
  if not colours then return nil end
  for colour, variant in colours:gmatch '(%x+):(%x+)' do dark[colour] = variant end
  local alt = picture.attributes['fig-alt'] or pandoc.utils.stringify(picture.caption)
  local head = '<svg class="drawing" role="img" aria-label="' .. escaped(alt) .. '" style="fill:#000000"'
  text = text:gsub('(<path id="(g%-[^"]*)"[^>]*>)', once)
  text = (head .. text:sub(#colours + 18)):gsub('#(%x%x%x%x%x%x)%f[%X]', 'var(--c%1,#%1)')
  return pandoc.RawInline('html', text)
end

-- `light-dark` asks for the scheme of the page (`color-scheme`); who does not know it gets light drawings.
local function put_colours(doc)
  local lines = pandoc.List {}
  for colour, variant in pairs(dark) do
    lines:insert('--c' .. colour .. ':light-dark(#' .. colour .. ',#' .. variant .. ')')
  end
  if #lines == 0 then return nil end
  lines:sort()
  local style = '<style>\n@supports (color: light-dark(red, red)) { :root { ' .. table.concat(lines, '; ') .. ' } }\n</style>'
  doc.blocks:insert(1, pandoc.RawBlock('html', style))
  return doc
end

return { { Image = drawing }, { Pandoc = put_colours } }
