-- What `normstudy.report.markup.folded` prints: behind its title in HTML and gfm, in an appendix on paper.
-- A filter of both renderers.

local is_page = FORMAT:match 'html' or FORMAT:match 'markdown' or FORMAT:match 'gfm' or FORMAT:match 'commonmark'
local appendix = pandoc.Blocks {}

local function folded(div)
  if not div.classes:includes 'folded' then return nil end
  if is_page then
    local title = div.attributes.title:gsub('[&<>]', { ['&'] = '&amp;', ['<'] = '&lt;', ['>'] = '&gt;' })
    local summary = '<details class="folded"><summary>' .. title .. '</summary>'
    local blocks = pandoc.Blocks { pandoc.RawBlock('html', summary) }
    blocks:extend(div.content)
    blocks:insert(pandoc.RawBlock('html', '</details>'))
    return blocks
  end
  appendix:extend(div.content)
  return {}
end

-- Before the references, where there are any, which have a heading of their own.
local function append(blocks)
  if #appendix == 0 then return end
  local place, level = #blocks + 1, 6
  for at, block in ipairs(blocks) do
    if block.t == 'Header' then level = math.min(level, block.level) end
    if block.identifier == 'refs' then
      place = at > 1 and blocks[at - 1].t == 'Header' and at - 1 or at
    elseif block.identifier == 'references' then -- of which, for Typst, Quarto leaves the heading alone
      place = at
    end
  end
  blocks:insert(place, pandoc.Header(level, 'Appendix: long tables and code', { 'sec-appendix', { 'unnumbered' } }))
  for at, block in ipairs(appendix) do blocks:insert(place + at, block) end
end

function Pandoc(doc)
  doc = doc:walk { Div = folded }
  append(doc.blocks)
  return doc
end
