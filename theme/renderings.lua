-- A cell with a label fig-…, a caption and two outputs (`renderings: [light, dark]`) is one figure. Quarto, where it runs
-- the cell itself, makes two figures of it, with a part of the caption each; here it gets what it takes for one.

local function one_figure(cell)
  if not (cell.classes:includes 'cell' and cell.attributes.renderings and cell.identifier:match '^fig%-') then return nil end
  local code, shown, caption = pandoc.Blocks {}, pandoc.Blocks {}, nil
  for _, block in ipairs(cell.content) do
    if block.t == 'Div' and block.classes:includes 'cell-output' then
      shown:insert(block:walk {
        Image = function(image)
          if #image.caption > 0 then caption = caption or image.caption end
          image.caption, image.identifier = {}, ''
          return image
        end,
        Figure = function(figure)
          if #figure.caption.long > 0 then caption = caption or pandoc.utils.blocks_to_inlines(figure.caption.long) end
          return figure.content
        end,
      })
    else
      code:insert(block)
    end
  end
  local rendered = pandoc.Div(shown, { '', { 'cell' }, { renderings = cell.attributes.renderings } })
  local figure = pandoc.Div({ rendered, pandoc.Para(caption or {}) }, { cell.identifier })
  return #code > 0 and { pandoc.Div(code, { '', { 'cell' } }), figure } or figure
end

return { { Div = one_figure } }
