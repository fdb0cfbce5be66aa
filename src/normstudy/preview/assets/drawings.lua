-- In HTML a drawing of `normstudy.report.markup.figure` becomes part of the page: its colours follow the page, light or
-- dark, and the outline of a letter, which all drawings name alike, is there once.
-- A filter of both renderers.

if not FORMAT:match 'html' then return {} end

local outlines = {} -- names of those that the page has already
local dark = {} -- by a drawing's colour, the one that it has on a dark page
local marks = 0 -- how many marks and clips the page has already

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

-- Names of marks and clips that are short, and differ on the whole page.
local function renamed(text)
  local names = {}
  return text:gsub('([#"])([mp]%x%x%x%x%x%x%x%x%x%x)%f[^%x]', function(before, name)
    if not names[name] then
      marks = marks + 1
      names[name] = 'd' .. marks
    end
    return before .. names[name]
  end)
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
  text = (head .. renamed(text:sub(#colours + 18))):gsub('#(%x%x%x%x%x%x)%f[%X]', 'var(--c%1)')
  return pandoc.RawInline('html', '<span class="box">' .. text .. '</span>') -- which scrolls on a narrow screen
end

-- `light-dark` asks for the scheme of the page (`color-scheme`); who does not know it gets light drawings.
local function put_colours(doc)
  local light, both = pandoc.List {}, pandoc.List {}
  for colour, variant in pairs(dark) do
    light:insert('--c' .. colour .. ':#' .. colour)
    both:insert('--c' .. colour .. ':light-dark(#' .. colour .. ',#' .. variant .. ')')
  end
  if #light == 0 then return nil end
  light:sort()
  both:sort()
  local root = ':root { ' .. table.concat(light, '; ') .. ' }\n'
  local switched = '@supports (color: light-dark(red, red)) { :root { ' .. table.concat(both, '; ') .. ' } }\n'
  doc.blocks:insert(1, pandoc.RawBlock('html', '<style>\n' .. root .. switched .. '</style>'))
  return doc
end

return { { Image = drawing }, { Pandoc = put_colours } }
