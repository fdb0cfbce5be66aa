-- Quarto's constructs for plain Pandoc: cross-references, figures, tables, callouts, tab sets, folded code.
-- All numbers are counted here, once for HTML and PDF, so that the two cannot disagree.

local html = FORMAT:match 'html' ~= nil
local names = { fig = 'Figure', tbl = 'Table', sec = 'Section' }
local numbers = {} -- number of each figure, table and numbered section, by id
local unresolved = pandoc.List {}

local function stop(...)
  error('preview: ' .. string.format(...), 0)
end

local function raw(text, ...)
  return pandoc.RawBlock(html and 'html' or 'typst', string.format(text, ...))
end

-- The kind of thing that an identifier names, nil for any other identifier.
local function kind_of(id)
  local prefix = id:match '^(%l+)%-.'
  return names[prefix] and prefix
end

local function name_of(id)
  return names[kind_of(id)] .. '\u{a0}' .. numbers[id]
end

-- Callouts and tab sets take their headings away, so this comes before sections are numbered.
local function callout(div, kind)
  local title = div.attributes.title
  if title then
    title = pandoc.utils.blocks_to_inlines(pandoc.read(title, 'markdown').blocks)
  elseif div.content[1] and div.content[1].t == 'Header' then
    title = div.content:remove(1).content
  else
    title = pandoc.Inlines(kind:sub(1, 1):upper() .. kind:sub(2))
  end
  local blocks = pandoc.Blocks {}
  if html then
    blocks:insert(pandoc.Div(pandoc.Plain(title), { class = 'callout-title' }))
    if div.attributes.collapse == 'true' then
      blocks = pandoc.Blocks { raw '<details><summary>', pandoc.Plain(title), raw '</summary>' }
      blocks:extend(div.content)
      blocks:insert(raw '</details>')
    else
      blocks:extend(div.content)
    end
    return pandoc.Div(blocks, { div.identifier, { 'callout', 'callout-' .. kind }, { role = 'note' } })
  end
  blocks:extend { raw('#callout("%s", title: [', kind), pandoc.Plain(title), raw '])[' }
  blocks:extend(div.content)
  blocks:insert(raw ']')
  return blocks
end

local function tabset(div)
  local first = div.content[1]
  if not first or first.t ~= 'Header' then
    stop 'a tab set must begin with the heading of its first tab'
  end
  local blocks = pandoc.Blocks {}
  for _, block in ipairs(div.content) do
    local is_title = block.t == 'Header' and block.level == first.level
    if is_title and html then
      if #blocks > 0 then blocks:insert(raw '</section>') end
      blocks:insert(raw '<section class="tab">')
      blocks:insert(pandoc.Div(pandoc.Plain(block.content), { class = 'tab-title' }))
    elseif is_title then
      -- In HTML a tab is no section and has no number; the PDF must count in the same way.
      blocks:insert(pandoc.Header(block.level, block.content, { '', { 'unnumbered', 'unlisted' } }))
    else
      blocks:insert(block)
    end
  end
  if html then
    blocks:insert(raw '</section>')
    return pandoc.Div(blocks, { class = 'tabset' })
  end
  return blocks
end

-- The outputs of a cell: those of one that was drawn in light and in dark are marked as that, on paper the light one.
local function cell(div)
  if not div.attributes.renderings then return div.content end
  local blocks, names = pandoc.Blocks {}, pandoc.List { 'light', 'dark' }
  for _, block in ipairs(div.content) do
    if block.t ~= 'Div' or not block.classes:includes 'cell-output-display' then
      blocks:insert(block)
    else
      local name = names:remove(1)
      if not name then stop 'a cell with renderings shows more than a light and a dark picture' end
      if html then blocks:insert(pandoc.Div(block.content, { class = name .. '-content' })) end
      if not html and name == 'light' then blocks:extend(block.content) end
    end
  end
  if #names > 0 then stop 'a cell with renderings shows no light and dark picture' end
  return blocks
end

local function unwrap(div)
  if div.classes:includes 'cell-output' then
    if not div.classes:includes 'cell-output-stdout' and not div.classes:includes 'cell-output-stderr' then return div.content end
    return div.content:walk { CodeBlock = function(block) block.classes:insert 'cell-output'; return block end }
  end
end

local function structure(div)
  if div.classes:includes 'content-visible' then return html and div.content or {} end
  if div.classes:includes 'content-hidden' then return html and {} or div.content end
  for _, class in ipairs(div.classes) do
    local kind = class:match '^callout%-(%l+)$'
    if kind then return callout(div, kind) end
    if class == 'panel-tabset' then return tabset(div) end
    if class == 'content-visible' then return html and div.content or {} end -- when-format="html", the only one known
  end
end

local function register(id, number)
  if numbers[id] then stop('two things are called %s', id) end
  numbers[id] = number
end

local function number_sections(blocks)
  local sections = pandoc.structure.make_sections(blocks, { number_sections = true })
  sections:walk {
    Div = function(div)
      local number = div.classes:includes 'section' and div.attributes.number
      if number and kind_of(div.identifier) == 'sec' then register(div.identifier, number) end
    end,
  }
end

local function number_floats(doc)
  local count = { fig = 0, tbl = 0 }
  doc:walk {
    traverse = 'topdown',
    Div = function(div)
      local kind = kind_of(div.identifier)
      if count[kind] then
        count[kind] = count[kind] + 1
        register(div.identifier, tostring(count[kind]))
      end
    end,
  }
end

local function reference(cite)
  local references = cite.citations:filter(function(citation) return kind_of(citation.id) end)
  if #references == 0 then return nil end
  if #references < #cite.citations then
    stop('%s mixes cross-references and citations', pandoc.utils.stringify(cite.content))
  end
  local inlines = pandoc.Inlines {}
  for i, citation in ipairs(references) do
    if #citation.prefix > 0 or #citation.suffix > 0 then
      stop('@%s: a cross-reference with words inside its brackets', citation.id)
    end
    if not numbers[citation.id] then
      unresolved:insert('@' .. citation.id)
      return nil
    end
    local bare = citation.mode == 'SuppressAuthor'
    if i > 1 then inlines:extend { pandoc.Str ',', pandoc.Space() } end
    inlines:insert(pandoc.Link(bare and numbers[citation.id] or name_of(citation.id), '#' .. citation.id))
  end
  return inlines
end

-- A figure or table: its last paragraph is the caption, above a table and below a figure.
local function float(div)
  local kind = kind_of(div.identifier)
  if kind ~= 'fig' and kind ~= 'tbl' then return nil end
  local caption = div.content:remove()
  if not caption or caption.t ~= 'Para' or #div.content == 0 then
    stop('%s has no caption (its last paragraph)', div.identifier)
  end
  -- The code of a cell within stands before it.
  local code = div.content:filter(function(block) return block.t == 'CodeBlock' and block.classes:includes 'cell-code' end)
  div.content = div.content:filter(function(block) return not (block.t == 'CodeBlock' and block.classes:includes 'cell-code') end)
  local text = pandoc.Plain { pandoc.Strong { pandoc.Str(name_of(div.identifier) .. ':') }, pandoc.Space() }
  text.content:extend(caption.content)
  local blocks = pandoc.Blocks(code)
  if html then
    local open, close = raw '<figcaption>', raw '</figcaption>'
    blocks:insert(raw('<figure id="%s" class="%s">', div.identifier, kind))
    if kind == 'tbl' then blocks:extend { open, text, close } end
    blocks:extend(div.content)
    if kind == 'fig' then blocks:extend { open, text, close } end
    blocks:insert(raw '</figure>')
  else
    blocks:insert(raw('#figure(kind: "%s", supplement: none, numbering: none, caption: [', kind))
    blocks:extend { text, raw '], [' }
    blocks:extend(div.content)
    blocks:insert(raw('])<%s>', div.identifier))
  end
  return blocks
end

local function image(img)
  if img.src:match '^https?:' then
    -- The page asks no other host for anything: a picture from elsewhere becomes a link to it.
    return pandoc.Link(#img.caption > 0 and img.caption or img.src, img.src)
  end
  local alt = img.attributes['fig-alt'] or pandoc.utils.stringify(img.caption)
  img.attributes['fig-alt'] = nil
  if alt == '' then alt = 'Picture drawn by the code above' end -- only notebooks have pictures without text
  if html then
    img.caption = { pandoc.Str(alt) }
    return img
  end
  local function quoted(text) return '"' .. text:gsub('[\\"]', '\\%0') .. '"' end
  local width = img.attributes.width and ', width: ' .. img.attributes.width or ''
  return pandoc.RawInline('typst', '#image(' .. quoted(img.src) .. ', alt: ' .. quoted(alt) .. width .. ')')
end

-- In a PDF that can be read aloud every formula has a text: that of its source.
local function formula(math)
  if html then return nil end
  local source = pandoc.write(pandoc.Pandoc { pandoc.Plain { math } }, 'typst')
  local alt = math.text:gsub('%s+', ' '):gsub('[\\"]', '\\%0')
  local block = math.mathtype == 'DisplayMath' and 'true' or 'false'
  return pandoc.RawInline('typst', '#math.equation(block: ' .. block .. ', alt: "' .. alt .. '", ' .. source:match '^%s*(.-)%s*$' .. ')')
end

local function tabular(tbl)
  -- Only a table that is too wide for a page has widths (see normstudy.markup); a browser finds better ones itself.
  if not html then return tbl end
  tbl.colspecs = tbl.colspecs:map(function(spec) return { spec[1], nil } end)
  return pandoc.Div(tbl, { class = 'scroll' })
end

local function code(block)
  local summary = block.attributes['code-fold'] and (block.attributes['code-summary'] or 'Code')
  block.attributes = {}
  if not (summary and html) then return block end
  local title = pandoc.Plain(pandoc.utils.blocks_to_inlines(pandoc.read(summary, 'markdown').blocks))
  return pandoc.Blocks { raw '<details class="code"><summary>', title, raw '</summary>', block, raw '</details>' }
end

-- Authors as Quarto takes them: names, or maps with `name` and `affiliation` or `affiliations`.
local function listed(value)
  if value == nil then return pandoc.List {} end
  return pandoc.List(pandoc.utils.type(value) == 'List' and value or { value })
end

local function field(value, key)
  return pandoc.utils.type(value) == 'table' and value[key] or nil
end

local function people(meta)
  local authors = listed(meta.author or meta.authors)
  meta.people = authors:map(function(author)
    local places = listed(field(author, 'affiliation') or field(author, 'affiliations'))
    local affiliation = pandoc.Inlines {}
    for i, place in ipairs(places) do
      if i > 1 then affiliation:extend { pandoc.Str ',', pandoc.Space() } end
      affiliation:extend(field(place, 'name') or place)
    end
    return { name = field(author, 'name') or author, affiliation = #affiliation > 0 and affiliation or nil }
  end)
  meta.author = meta.people:map(function(person) return person.name end)
end

function Pandoc(doc)
  people(doc.meta)
  doc = doc:walk { Div = function(div) if div.classes:includes 'cell' then return cell(div) end end }
  doc = doc:walk { Div = unwrap }
  doc = doc:walk { Div = structure }
  number_sections(doc.blocks)
  number_floats(doc)
  doc = doc:walk { Cite = reference }
  if #unresolved > 0 then stop('unresolved cross-reference %s', table.concat(unresolved, ', ')) end
  doc = doc:walk { Div = float, Image = image, Math = formula, Table = tabular }
  return doc:walk { CodeBlock = code }
end
